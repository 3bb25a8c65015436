/// What the status lights say now. The cases stand in order of priority: the first that holds is shown.
///
/// The order: first a person who asks; then what harms the whole cluster, the cause before its consequences; then what
/// harms this node alone; then what is wanted or passes by itself; then what is well. A fault that is put right
/// uncovers the next.
public enum Signal: Int, CaseIterable, Comparable, Sendable {
    /// Someone asked which machine this is. It lasts as long as was asked for.
    case identify
    /// Another machine is alive with this node's identity. It stands first of the faults because it causes the others.
    case duplicateIdentity
    /// A member's machine is reached by TCP, but no datagram passes. Two nodes that do not hear each other both lead, and
    /// take each other for the stranger.
    case blocked
    /// A stranger, no node of this cluster, has the floating address.
    case addressConflict
    /// A part of the cluster is heard from but does not hear, or two nodes hold the address at once.
    case split
    /// The site can't be served from here. Holds only once the start is over, else nothing could be told from it.
    case cannotServe
    /// Members are known and none is heard: this node's own cable, switch port or Wi-Fi is the likely cause.
    case isolated
    /// A member is heard and does not hear, or the other way round.
    case oneWay
    /// Nodes without a key are being gathered.
    case pairing
    /// Serving; found nobody while nodes were gathered, and asks the clusters that it hears to let it in.
    case asking
    /// Somebody speaks a version of the protocol that is not understood here.
    case otherVersion
    /// No member is there, and somebody sends what does not open with this node's keys.
    case otherKey
    /// Large datagrams do not reach a member that small ones reach.
    case narrow
    /// Taken out of service by a person, or on the way to a stop.
    case draining
    /// The daemon has started and is not ready to serve.
    case starting
    /// Serving; others are heard, but it is not a member yet.
    case joining
    /// Serving; no other node has ever been heard, so it leads itself.
    case alone
    /// Serving, and holds a floating address; a member is dead.
    case leaderOfFewer
    /// Serving, and holds a floating address.
    case leader
    /// Serving, a member, and ready to take over; another member is dead.
    case memberOfFewer
    /// Serving, a member, and ready to take over.
    case member

    /// Whether `left` is shown rather than `right` when both hold.
    public static func < (left: Signal, right: Signal) -> Bool { left.rawValue < right.rawValue }

    /// The signal to show: the first by priority that holds. `starting` if none does.
    public static func first(where holds: (Signal) -> Bool) -> Signal { allCases.first(where: holds) ?? .starting }
}

/// The three lights of the default wiring.
public struct Lamps<Value: Hashable & Sendable>: Hashable, Sendable {
    /// This node.
    public var green: Value
    /// The cluster.
    public var yellow: Value
    /// Trouble.
    public var red: Value

    /// The three values.
    public init(green: Value, yellow: Value, red: Value) {
        self.green = green
        self.yellow = yellow
        self.red = red
    }
}
