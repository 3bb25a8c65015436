import Wire

/// What has become of a host's process.
enum ProcessState: Hashable, Sendable {
    case running
    /// Stopped as by SIGSTOP: the kernel still answers, nothing is renewed.
    case hung
    /// No process. The kernel runs on.
    case dead
    /// No power: no process and no addresses.
    case off
}

/// Hosts whose processes can talk to each other, directly or through others.
struct Component: Hashable, Sendable {
    /// Running hosts.
    let members: [HostID]
    /// Hosts with power that do not run, and can be reached by one of the members: what they hold, they answer for.
    let bystanders: [HostID]
    /// Whether all members hear each other, and neither hear nor are heard by any running host outside. In a
    /// partition that is not clear no protocol can tell who is right, and nothing is promised.
    let isClear: Bool
}

/// A datagram that was made without the key, and what came of it.
struct Forgery: Hashable, Sendable {
    let to: HostID
    let at: Instant
    /// Whether the host's state is another than before, or it wanted more done than to send an answer.
    let changedState: Bool
}

/// What an observer sees of a host's logic.
struct Sight: Hashable, Sendable {
    var isHealthy = false
    var clusterView: [String] = []
    var lights = ""
}

/// The world as an observer sees it who stands outside of all hosts.
protocol WorldView {
    var hosts: [HostID] { get }
    var floatingAddresses: [IPAddress] { get }
    var components: [Component] { get }
    var forgeries: [Forgery] { get }
    func process(of host: HostID) -> ProcessState
    func isHealthy(_ host: HostID) -> Bool
    func holds(_ host: HostID, _ address: IPAddress) -> Bool
    /// Where `host` sends what is for `address`; nil if it has heard no announcement.
    func neighbour(of host: HostID, for address: IPAddress) -> HostID?
    func clusterView(of host: HostID) -> [String]
    func lights(of host: HostID) -> String
}

extension WorldView {
    /// The hosts that answer for `address` in this part of the network.
    func holders(of address: IPAddress, in component: Component) -> [HostID] {
        (component.members + component.bystanders).filter { holds($0, address) }.sorted()
    }
}
