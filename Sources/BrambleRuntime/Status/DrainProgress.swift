/// How far a node has come on its way out of service or back, as one node's report shows it.
public struct DrainProgress: Codable, Hashable, Sendable {
    /// The node's ID.
    public var node: String
    /// Its name.
    public var name: String
    /// Whether it says that it is out of service.
    public var isDraining: Bool
    /// The floating addresses that it holds.
    public var addresses: [String]
    /// On how many connections it still answers a request; nil where that is not known: the report of another node does
    /// not tell.
    public var requestsInFlight: Int?
    /// Whether it is heard from.
    public var isHeard: Bool
    /// The floating addresses that nobody holds: while no other node serves, the page is gone with this one.
    public var unheld: [String]

    /// What the report says of the node with this ID; nil if nothing.
    public init?(of id: String, in report: StatusReport) {
        guard let member = report.cluster.members.first(where: { $0.id == id }) else { return nil }
        node = id
        name = member.name
        isDraining = member.isSelf ? report.node.isDraining : member.isDraining
        addresses = report.floating.filter { member.isSelf ? $0.state == .active : $0.holderID == id }.map(\.address)
        requestsInFlight = member.isSelf ? report.http.requestsInFlight : nil
        unheld = report.floating.filter { !$0.isHeld }.map(\.address)
        isHeard = member.state == .alive || member.state == .suspect
    }

    /// Whether it can be switched off without anybody's noticing.
    public var isOut: Bool { isDraining && addresses.isEmpty && (requestsInFlight ?? 0) == 0 }

    /// What it is doing, for people.
    public var text: String {
        let name = VisibleText.of(name)
        guard isHeard else { return "\(name) is not heard from" }
        guard isDraining else { return "\(name) is in service" }
        var rest: [String] = []
        if !addresses.isEmpty { rest.append("holds \(PlainNumbers.list(addresses))") }
        if let requestsInFlight, requestsInFlight > 0 {
            rest.append("answers \(PlainNumbers.count(requestsInFlight, "request"))")
        }
        if !rest.isEmpty { return "\(name) goes out of service: it still \(rest.joined(separator: " and "))" }
        let requests = requestsInFlight == nil ? "" : " and no request in flight"
        return "\(name) is out of service: no floating address\(requests)"
    }

    enum CodingKeys: String, CodingKey {
        case node, name, addresses, unheld
        case isDraining = "draining"
        case requestsInFlight = "requests_in_flight"
        case isHeard = "heard"
    }
}
