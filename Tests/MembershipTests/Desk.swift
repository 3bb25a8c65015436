import Wire

@testable import Membership

/// One instance on a desk, and what it takes to talk to it by hand.
extension RuleTests {
    static let own = Session(node: NodeID(high: 0, low: 100), boot: 3, salt: 30)

    static func session(_ low: UInt64, boot: UInt64 = 1, salt: UInt64 = 1) -> Session {
        Session(node: NodeID(high: 0, low: low), boot: boot, salt: salt)
    }

    static func address(_ number: UInt32) -> SocketAddress { SocketAddress(ip: .v4(number), port: 7373) }

    /// A node, and a clock that a test moves.
    struct Desk {
        var swim: SWIM
        var now = Instant.zero

        init(
            members: ClosedRange<UInt64>? = nil, known: [KnownPeer] = [], seeds: [SocketAddress] = [],
            versions: ClosedRange<UInt8> = 1...1
        ) {
            var configuration = SWIM.Configuration.lan
            configuration.versions = versions
            swim = SWIM(
                session: RuleTests.own, info: MemberInfo(name: "own"), configuration: configuration, known: known,
                seeds: seeds,
                random: SeededGenerator(seed: 1), at: .zero)
            guard let members else { return }
            for low in members { _ = hear(.hello, [RuleTests.record(low)], from: RuleTests.session(low)) }
        }

        mutating func hear(
            _ body: Message.Body, _ records: [Record] = [], from sender: Session, at number: UInt32? = nil
        ) -> [SWIM.Action] {
            var packet = Packet(body, version: 1, limit: 1100)
            for record in records { _ = packet.add(record.encoded) }
            let source = RuleTests.address(number ?? UInt32(sender.node.low))
            return swim.receive(packet.bytes, from: source, sender: sender, at: now)
        }

        /// Lets time pass and collects what the node does.
        mutating func wait(_ duration: Duration) -> [SWIM.Action] {
            let end = now.advanced(by: duration)
            var actions: [SWIM.Action] = []
            while swim.nextDeadline <= end {
                now = max(now, swim.nextDeadline)
                actions += swim.deadlineReached(at: now)
            }
            now = end
            return actions
        }

        func member(_ low: UInt64) -> Member? { swim.members.first { $0.id.low == low && $0.id.high == 0 } }
    }

    static func record(
        _ low: UInt64, _ state: Member.State = .alive, boot: UInt64 = 1, salt: UInt64 = 1, counter: UInt32 = 0,
        accusers: [NodeID] = [], address: SocketAddress? = nil
    ) -> Record {
        Record(
            session: session(low, boot: boot, salt: salt), counter: counter, state: state, accusers: accusers,
            address: address, info: MemberInfo(name: "n\(low)"))
    }

    static func ownRecord(_ state: Member.State, counter: UInt32 = 0, boot: UInt64 = 3, salt: UInt64 = 30) -> Record {
        record(100, state, boot: boot, salt: salt, counter: counter)
    }

    static func messages(_ actions: [SWIM.Action]) -> [(message: Message, to: SocketAddress?)] {
        actions.compactMap { action in
            switch action {
            case .send(let payload, let address):
                if case .message(let message) = Message.decode(payload, versions: 1...1) {
                    (message, address)
                } else {
                    nil
                }
            case .broadcast(let payload):
                if case .message(let message) = Message.decode(payload, versions: 1...1) { (message, nil) } else { nil }
            default: nil
            }
        }
    }

    static func ignored(_ actions: [SWIM.Action]) -> [SWIM.IgnoreReason] {
        actions.compactMap { if case .ignored(let reason) = $0 { reason } else { nil } }
    }
}
