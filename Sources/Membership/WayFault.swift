/// What is wrong with the way between us and a member, although the member lives.
public enum WayFault: String, Sendable, Hashable, CaseIterable {
    /// We hear it, but it does not hear us.
    case unheard
    /// It is there, as others tell, but we do not hear it.
    case unhearing
    /// Small datagrams arrive there, large ones do not: some link on the way carries less than it says (its MTU).
    case narrow
}
