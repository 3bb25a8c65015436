import DHCP
import Membership
import NodeCore
import Testing
import VRRP
import Wire

/// A DHCP server that keeps to the rules, and does as a test wants otherwise.
struct TestServer {
    static let address: UInt32 = 0x0A00_00C8
    static let hardware: [UInt8] = [2, 0, 0, 0, 0, 200]

    /// The addresses that it gives, the next one first.
    var pool: [UInt32] = [0x0A00_0064, 0x0A00_0065, 0x0A00_0066, 0x0A00_0067, 0x0A00_0068, 0x0A00_0069]
    /// What it gave, by client identifier.
    var leases: [[UInt8]: UInt32] = [:]
    var seconds: UInt32 = 60
    var isSilent = false
    /// Everything that it heard.
    var heard: [DHCPMessage] = []

    mutating func answer(_ bytes: [UInt8]) -> [UInt8]? {
        guard !isSilent, let question = try? DHCPMessage(decoding: bytes),
            let client = question.options.clientIdentifier
        else { return nil }
        heard.append(question)
        switch question.kind {
        case .discover:
            guard let address = leases[client] ?? pool.first else { return nil }
            return reply(.offer, question, address)
        case .request:
            let wanted = question.clientAddress == 0 ? question.options.requestedAddress : question.clientAddress
            guard let wanted, leases[client] == wanted || (leases[client] == nil && pool.contains(wanted)) else {
                return reply(.refuse, question, 0)
            }
            leases[client] = wanted
            pool.removeAll { $0 == wanted }
            return reply(.acknowledge, question, wanted)
        case .decline:
            leases[client] = nil
            return nil
        default: return nil
        }
    }

    private func reply(_ kind: DHCPMessage.Kind, _ question: DHCPMessage, _ address: UInt32) -> [UInt8] {
        var message = DHCPMessage(
            .reply, kind, transaction: question.transaction, hardwareAddress: question.hardwareAddress)
        message.options.server = Self.address
        if kind != .refuse {
            message.yourAddress = address
            message.options.leaseSeconds = seconds
            message.options.subnetMask = 0xFFFF_FF00
        }
        return message.encoded
    }
}

/// Whole nodes on one wire, where everything arrives at once, and a DHCP server.
struct LeaseBench {
    struct Place {
        let session: Session
        let address: SocketAddress
        var node: Node?
        var held: Set<IPAddress> = []
        /// What is on its disk.
        var stored: LeaseRecord?
        var events: [Event] = []
        /// How many DHCP messages it sent.
        var asked = 0
        /// Whether it hears nothing of what a server answers.
        var isDeaf = false
    }

    private(set) var now = Instant(nanoseconds: 1_000_000_000)
    /// Whether somebody on the wire answers for every address that nobody here has.
    var hasStranger = false
    var places: [Place]
    var server = TestServer()
    private var key: ClusterKey
    private var mail: [(from: Int, to: Destination, bytes: [UInt8])] = []

    /// Nodes that have just started; the last one has the highest ID.
    init(_ count: Int, key seed: UInt64 = 1) {
        var random = SeededGenerator(seed: seed)
        key = ClusterKey(using: &random)
        places = (1...count).map { number in
            Place(
                session: Session(node: NodeID(high: UInt64(number), low: 0), boot: 1, salt: UInt64(number)),
                address: SocketAddress(ip: .v4(0x0A00_0000 + UInt32(number)), port: 7373))
        }
        for index in places.indices { start(index) }
    }

    static func link(hardware: [UInt8]? = nil) -> LeaseLink {
        LeaseLink(ownHardwareAddress: hardware, networks: [.init(address: 0x0A00_0001, prefix: 24)], taken: [])
    }

    /// Starts a node, with what is on its disk.
    mutating func start(_ index: Int, link: LeaseLink = link()) {
        let boot = (places[index].node?.session.boot ?? places[index].session.boot) + 1
        var configuration = Node.Configuration(
            name: "n\(index)", httpPort: 80, keyring: Keyring(key), floating: [], interval: 100,
            seeds: places.map(\.address).filter { $0 != places[index].address })
        configuration.leasedRouterID = 51
        configuration.rememberedLease = places[index].stored
        // No two runs have one session.
        let session = Session(
            node: places[index].session.node, boot: boot, salt: UInt64(now.nanoseconds) ^ UInt64(index))
        places[index].node = Node(
            configuration, session: session, linkSecret: Array(repeating: UInt8(index), count: 32), known: [],
            random: SeededGenerator(seed: UInt64(index) + boot), at: now)
        call(index) { $0.update(health: .healthy, release: 1, at: $1) }
        call(index) { $0.setLeaseLink(link, at: $1) }
    }

    /// Ends a node without warning: its addresses are gone with it.
    mutating func kill(_ index: Int) {
        places[index].node = nil
        places[index].held = []
    }

    /// Every node ends, the cluster gets another key, and every node starts.
    mutating func restart(key seed: UInt64? = nil) {
        for index in places.indices { kill(index) }
        if let seed {
            var random = SeededGenerator(seed: seed)
            key = ClusterKey(using: &random)
        }
        run(for: .seconds(1))
        for index in places.indices { start(index) }
    }

    mutating func call(_ index: Int, _ body: (inout Node, Instant) -> [Action]) {
        guard var node = places[index].node else { return }
        let actions = body(&node, now)
        places[index].node = node
        for action in actions { carryOut(action, index) }
    }

    private mutating func carryOut(_ action: Action, _ index: Int) {
        switch action {
        case .send(let bytes, let destination): mail.append((index, destination, bytes))
        case .claim(let address): places[index].held.insert(address.ip)
        case .release(let address), .relinquish(let address): places[index].held.remove(address.ip)
        case .tell(let event): places[index].events.append(event)
        case .storeLease(let record): places[index].stored = record
        case .useAddresses(let addresses): probe(addresses, index)
        case .sendDHCP(let request):
            places[index].asked += 1
            guard let answer = server.answer(request.message), !places[index].isDeaf else { return }
            call(index) { $0.receiveDHCP(answer, from: TestServer.hardware, at: $1) }
        default: break
        }
    }

    /// What the shell does before a node runs for new addresses.
    private mutating func probe(_ addresses: [FloatingAddress], _ index: Int) {
        guard hasStranger else { return call(index) { $0.update(health: .healthy, release: 1, at: $1) } }
        for ip in addresses.map(\.ip) {
            call(index) { $0.update(health: .healthy, obstacles: [ip: .starting], release: 1, at: $1) }
            call(index) { $0.addressAnswered(ip, by: "a stranger", at: $1) }
        }
    }

    private mutating func deliver() {
        while !mail.isEmpty {
            let (from, destination, bytes) = mail.removeFirst()
            for index in places.indices where index != from {
                if case .address(let address) = destination, address != places[index].address { continue }
                let source = places[from].address
                call(index) { $0.receive(bytes, from: source, at: $1) }
            }
        }
    }

    /// Lets time pass.
    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        deliver()
        while let next = places.compactMap({ $0.node?.nextDeadline }).min(), next <= end {
            now = max(now, next)
            for index in places.indices where places[index].node.map({ $0.nextDeadline <= now }) == true {
                call(index) { $0.deadlineReached(at: $1) }
            }
            deliver()
        }
        now = end
    }

    /// The nodes that have this address.
    func holders(_ address: UInt32) -> [Int] { places.indices.filter { places[$0].held.contains(.v4(address)) } }

    /// The leased address as each living node knows it.
    var known: [UInt32?] {
        places.compactMap(\.node).map {
            if case .leased(let lease) = $0.snapshot.lease?.phase { lease.address } else { nil }
        }
    }

    func status(_ index: Int) -> LeaseStatus.Phase? { places[index].node?.snapshot.lease?.phase }

    func leaseEvents(_ index: Int) -> [LeaseEvent] {
        places[index].events.compactMap { if case .lease(let event) = $0 { event } else { nil } }
    }
}
