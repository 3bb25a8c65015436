import DHCP
import Testing
import Wire

/// What the tests of the client share: who asks, where, and a server that answers as it is told.
enum Fixture {
    static let identity = DHCPClient.Identity(
        clientIdentifier: [255, 0, 0, 0, 1, 0, 4] + [UInt8](repeating: 7, count: 16),
        hardwareAddress: [2, 0, 0, 0, 0, 7], wantsBroadcast: false, hostName: "bramble")
    /// 10.77.0.0/24, where .11 is a node.
    static let place = DHCPClient.Place(
        networks: [.init(address: 0x0A4D_000B, prefix: 24)], taken: [0x0A4D_000B])
    static let address: UInt32 = 0x0A4D_0064
    static let other: UInt32 = 0x0A4D_0065
    static let server: UInt32 = 0x0A4D_00C8
    static let serverHardware: [UInt8] = [2, 0, 0, 0, 0, 200]
    static let start = Instant(nanoseconds: 1_000_000_000)

    static func client(seed: UInt64 = 1, broadcast: Bool = false) -> DHCPClient {
        var identity = identity
        identity.wantsBroadcast = broadcast
        return DHCPClient(identity, place: place, random: SeededGenerator(seed: seed))
    }

    static func reply(
        _ kind: DHCPMessage.Kind, to question: DHCPMessage, address: UInt32 = address, seconds: UInt32 = 3600,
        _ change: (inout DHCPMessage) -> Void = { _ in }
    ) -> [UInt8] {
        var message = DHCPMessage(
            .reply, kind, transaction: question.transaction, hardwareAddress: question.hardwareAddress)
        message.yourAddress = kind == .refuse ? 0 : address
        message.options.server = server
        if kind != .refuse {
            message.options.leaseSeconds = seconds
            message.options.subnetMask = 0xFFFF_FF00
            message.options.router = server
        }
        change(&message)
        return message.encoded
    }
}

/// A client at work in virtual time, and what it wanted.
struct Bench {
    var client: DHCPClient
    var now = Fixture.start
    var wanted: [DHCPClient.Action] = []

    init(_ client: DHCPClient = Fixture.client()) { self.client = client }

    /// A client that is bound for so many seconds since the start.
    init(boundFor seconds: UInt32, _ client: DHCPClient = Fixture.client()) throws {
        self.init(client)
        start()
        answer(.offer, try question(), seconds: seconds)
        answer(.acknowledge, try question(), seconds: seconds)
        try #require(self.client.state == .bound)
        wanted = []
    }

    mutating func start(remembered: UInt32? = nil) { wanted += client.start(remembered: remembered, at: now) }

    mutating func answer(
        _ kind: DHCPMessage.Kind, _ question: DHCPMessage, address: UInt32 = Fixture.address, seconds: UInt32 = 3600,
        _ change: (inout DHCPMessage) -> Void = { _ in }
    ) {
        hear(Fixture.reply(kind, to: question, address: address, seconds: seconds, change))
    }

    mutating func hear(_ bytes: [UInt8]) {
        wanted += client.receive(bytes, from: Fixture.serverHardware, at: now)
    }

    /// Lets time pass.
    mutating func run(for duration: Duration) {
        let end = now.advanced(by: duration)
        while let next = client.nextDeadline, next <= end {
            now = max(now, next)
            wanted += client.deadlineReached(at: now)
        }
        now = end
    }

    /// The last message that was sent.
    func question() throws -> DHCPMessage { try #require(sent.last) }

    var sent: [DHCPMessage] {
        wanted.compactMap { if case .send(let bytes, _) = $0 { try? DHCPMessage(decoding: bytes) } else { nil } }
    }

    var destinations: [DHCPClient.Destination] {
        wanted.compactMap { if case .send(_, let destination) = $0 { destination } else { nil } }
    }

    var bound: [DHCPLease] { wanted.compactMap { if case .bound(let lease) = $0 { lease } else { nil } } }
    var losses: [DHCPClient.Loss] { wanted.compactMap { if case .lost(let loss) = $0 { loss } else { nil } } }
    var flaws: [DHCPLease.Flaw] { wanted.compactMap { if case .unusable(let flaw) = $0 { flaw } else { nil } } }
    var ignored: [DHCPClient.IgnoreReason] {
        wanted.compactMap { if case .ignored(let reason) = $0 { reason } else { nil } }
    }
}
