import Membership
import VRRP
import Wire

@testable import DHCP
@testable import NodeCore

extension FuzzTarget {
    private static let floating = FloatingAddress(ip: .v4(0x0A4D_00FA), virtualRouterID: 51)
    private static let now = Instant(nanoseconds: 1_000_000_000)

    /// A ring whose key was rotated once.
    private static let rotated: KeyRing? = {
        var random = SeededGenerator(seed: 5)
        let entries = [
            KeyRing.Entry(ClusterKey(using: &random), generation: 1), KeyRing.Entry(Parties.key, generation: 0),
        ]
        return KeyRing(entries, floor: 0)
    }()

    private static let messageSeeds: [[UInt8]] = {
        let node = Parties.session(0).node
        let lease = DHCPLease(
            address: 0x0A4D_00C8, prefix: 24, router: 0x0A4D_0001, server: 0x0A4D_0001,
            serverHardware: [2, 0, 0, 0, 0, 1], duration: .seconds(3600), renewal: .seconds(1800),
            rebinding: .seconds(3000), obtainedAt: .zero)
        let record = LeaseRecord(version: 3, identity: LANIdentity(of: Parties.key), lease: lease, isLive: true)
        let advertisement = Advertisement(virtualRouterID: 51, priority: 200, interval: 2, addresses: [floating.ip])
        return [
            NodeCommand.identify(node).encoded, NodeCommand.setDraining(node, true).encoded,
            NodeCommand.setDraining(node, false).encoded,
            StrangerReport(ip: floating.ip, owner: "02:00:00:00:00:99").encoded,
            StrangerReport(ip: .v6(0xFD77 << 48, 7), owner: "02:00:00:00:00:99").encoded,
            LeaseMessage(record: record, search: nil).encoded(at: now),
            LeaseMessage(
                record: LeaseRecord(version: 1, identity: record.identity, lease: nil, isLive: false),
                search: .init(unanswered: 3, flaw: .outside(7))
            ).encoded(at: now),
            [MessageKind.offer, 51, 4], [MessageKind.handedOver, 51, 6], [MessageKind.question],
            [MessageKind.advertisement] + advertisement.encoded(checksum: .none),
        ] + [rotated].compactMap { $0 }.map { KeyMessage($0).encoded }
    }()

    static let messages = FuzzTarget("messages", longest: 300) {
        messageSeeds
    } check: { bytes throws(Finding) in
        switch bytes.first {
        case MessageKind.offer, MessageKind.handedOver:
            guard let reference = try? RouterReference(message: bytes) else { return }
            let again = reference.message(bytes[0])
            try demand((try? RouterReference(message: again)) == reference, "an offer changes on the way")
        case MessageKind.command:
            guard case .some(.some(let command)) = try? NodeCommand.decode(bytes) else { return }
            try demand((try? NodeCommand.decode(command.encoded)) == command, "a command changes on the way")
        case MessageKind.stranger:
            guard let report = try? StrangerReport(decoding: bytes) else { return }
            try demand(report.owner.utf8.count <= 17, "a name of \(report.owner.utf8.count) bytes")
            try demand((try? StrangerReport(decoding: report.encoded)) == report, "a report changes on the way")
        case MessageKind.keys:
            guard let message = try? KeyMessage(decoding: bytes) else { return }
            try demand((try? KeyMessage(decoding: message.encoded)) == message, "keys change on the way")
            try demand(message.ring.isRotated && message.ring.entries.count <= KeyRing.limit, "no ring to be handed on")
        case MessageKind.lease:
            guard let message = try? LeaseMessage(decoding: bytes, at: now) else { return }
            let again = try? LeaseMessage(decoding: message.encoded(at: now), at: now)
            try demand(again == message, "a lease changes on the way")
            try demand(message.record.version < .max / 2, "a record that nothing can supersede")
            if let lease = message.record.lease {
                try demand(lease.renewal <= lease.rebinding && lease.rebinding <= lease.duration, "times out of order")
            }
        default: break
        }
    }

    /// A whole node. Peers with the key tell it anything, strangers send anything, and time passes.
    static let node = FuzzTarget("node", longest: 3000) {
        let told = messageSeeds.map { [UInt8(0)] + Script.piece($0) }
        let wait: [UInt8] = [4, 100]
        let strange = Parties.meeting.map { [UInt8(3)] + Script.piece($0) }
        let runs: [[[UInt8]]] = [
            [told[10], wait, told[7], wait, told[8], wait], [wait, told[0], told[3], wait, told[9]],
            [told[5], wait, told[6], wait, told[1], wait, told[2], wait], [strange[0], strange[1], wait, strange[2]],
            [wait, [5], wait, told[7], [6], wait], [wait, told[told.count - 1], wait],
        ]
        return runs.map { Array($0.joined()) }
    } check: { bytes throws(Finding) in
        var script = Script(bytes)
        var run = NodeRun()
        for _ in 0..<40 where !script.isEmpty { try run.step(&script) }
    }

    private struct NodeRun {
        var now = FuzzTarget.now
        var node: Node
        /// What strangers may still be sent: the bytes that came from them.
        var credit: [SocketAddress: Int] = [:]

        init() {
            var configuration = Node.Configuration(
                name: "here", httpPort: 80, keyring: Keyring(Parties.key), floating: [floating], interval: 100)
            configuration.leasedRouterID = 52
            node = Node(
                configuration, session: Parties.session(0), linkSecret: [UInt8](repeating: 1, count: 32), known: [],
                random: SeededGenerator(seed: 1), at: now)
            _ = node.update(health: .healthy, release: 1, at: now)
        }

        mutating func step(_ script: inout Script) throws(Finding) {
            let peer = UInt64(script.byte())
            switch peer & 7 {
            case 0...2:
                // As if the sender had proven itself.
                var actions: [Action] = []
                let sender = 1 + (peer & 3)
                node.dispatch(
                    script.piece(), from: Parties.address(sender), sender: Parties.session(sender), at: now,
                    into: &actions)
                node.settle(at: now, into: &actions)
                try note(actions)
            case 3:
                let bytes = script.piece()
                let source = Parties.address(100 + peer)
                credit[source, default: 0] += bytes.count
                try note(node.receive(bytes, from: source, at: now))
            case 4: try wait(.milliseconds(Int(script.byte()) * 10))
            case 5: try note(node.setDraining(peer & 8 == 0, at: now))
            case 6: try note(node.update(health: peer & 8 == 0 ? .healthy : .starting, release: peer, at: now))
            default: try note(node.addressAnswered(floating.ip, by: "02:00:00:00:00:99", at: now))
            }
        }

        private mutating func wait(_ duration: Duration) throws(Finding) {
            let end = now.advanced(by: duration)
            var inPlace = 0
            while node.nextDeadline <= end {
                inPlace = node.nextDeadline > now ? 0 : inPlace + 1
                try demand(inPlace < 100, "a hundred deadlines, and no time passes")
                now = max(now, node.nextDeadline)
                try note(node.deadlineReached(at: now))
            }
            now = end
        }

        private mutating func note(_ actions: [Action]) throws(Finding) {
            try demand(actions.count <= 200, "\(actions.count) actions at once")
            for case .send(let bytes, let destination) in actions {
                try demand(bytes.count <= 1200, "a datagram of \(bytes.count) bytes")
                guard case .address(let address) = destination, let left = credit[address] else { continue }
                credit[address] = left - bytes.count
                try demand(left >= bytes.count, "more bytes to \(address) than from there")
            }
            try demand(node.snapshot.ignored.sorted.count <= 100, "reasons without end")
        }
    }
}
