import Wire

@testable import Membership

extension FuzzTarget {
    private static func info(_ name: String) -> MemberInfo {
        var info = MemberInfo(name: name, httpPort: 80, serving: true, release: 0x0102_0304_0506_0708)
        info.priority = 200
        return info
    }

    private static func record(_ node: UInt64, _ state: Member.State) -> Record {
        var record = Record(session: Parties.session(node), counter: 3, state: state, info: info("node\(node)"))
        if node != 1 { record.address = Parties.address(node) }
        if node == 4 { record.address = SocketAddress(ip: .v6(0xFE80 << 48, 4), port: 7373) }
        if state == .suspect { record.accusers = [Parties.session(2).node, Parties.session(9).node] }
        record.info.extra = node == 3 ? [1, 2, 3] : []
        return record
    }

    private static let gossipSeeds: [[UInt8]] = {
        let target = Parties.session(0).node
        let bodies: [Message.Body] = [
            .ping(sequence: 7, target: target), .ack(sequence: 7), .nack(sequence: 7), .gossip,
            .pingRequest(sequence: 8, target: Parties.session(2).node, patience: 80), .sync(wantsReply: true),
            .sync(wantsReply: false), .hello, .stretch(sequence: 9),
        ]
        return bodies.enumerated().map { index, body in
            var packet = Packet(body, version: 1, limit: 1100)
            let states = Member.State.allCases
            for node in 1...3 as ClosedRange<UInt64> {
                _ = packet.add(record(node, states[(index + Int(node)) % states.count]).encoded)
            }
            if index == 3 { _ = packet.add(record(0, .suspect).encoded) }
            return packet.bytes
        }
    }()

    static let gossip = FuzzTarget("gossip", longest: 1134) {
        gossipSeeds
    } check: { bytes throws(Finding) in
        guard case .message(let message) = Message.decode(bytes, versions: 1...1) else { return }
        try demand(message.records.count <= 64, "\(message.records.count) records in one datagram")
        for record in message.records {
            try demand(record.accusers.count <= Record.accuserLimit, "\(record.accusers.count) accusers")
            try demand(record.info.name.utf8.count <= 255, "a name of \(record.info.name.utf8.count) bytes")
            let encoded = record.encoded
            try demand(encoded.count <= 256, "a record of \(encoded.count) bytes")
            var reader = ByteReader(encoded)
            let again = try demand(try? Record(from: &reader), "a record cannot be read again")
            try demand(reader.count == 0, "bytes are left of a record")
            try demand(again.encoded == encoded, "a record changes on the way")
            let isWhole =
                record.accusers.count <= 4 && record.info.name.utf8.count <= 63 && record.info.extra.count <= 32
            // Nothing but what is cut may differ.
            if isWhole { try demand(again == record, "a record changes on the way, beyond what is cut") }
        }
        var packet = Packet(message.body, version: 1, limit: 1 << 16)
        for record in message.records { try demand(packet.add(record.encoded), "a record does not fit again") }
        guard case .message(let again) = Message.decode(packet.bytes, versions: 1...1) else {
            throw Finding(description: "a message cannot be read again")
        }
        try demand(again.body == message.body, "a message changes on the way")
        try demand(again.records.count == message.records.count, "records get lost on the way")
    }

    /// A whole membership that is told things by peers with the key. Each step: who speaks, then what.
    static let membership = FuzzTarget("membership", longest: 3000) {
        let told = gossipSeeds.map { [UInt8(1)] + Script.piece($0) }
        let wait: [UInt8] = [0x80, 50]
        let runs: [[[UInt8]]] = [
            [told[7], told[5], wait, told[0]], [told[5], wait, wait, told[3], told[4], wait],
            [told[6], told[1], told[2], wait, [0x40], wait, told[3]], [[0xC0], told[7], wait, [0xC0], wait],
        ]
        return runs.map { Array($0.joined()) }
    } check: { bytes throws(Finding) in
        var script = Script(bytes)
        var run = MembershipRun()
        for _ in 0..<40 where !script.isEmpty { try run.step(&script) }
    }

    private struct MembershipRun {
        static let memberLimit = 6
        var now = Parties.start
        var swim: SWIM

        init() {
            var configuration = SWIM.Configuration.lan
            configuration.memberLimit = Self.memberLimit
            swim = SWIM(
                session: Parties.session(0), info: info("here"), configuration: configuration,
                known: [KnownPeer(id: Parties.session(5).node, lastAddress: Parties.address(5), name: "old")],
                seeds: [Parties.address(6)], random: SeededGenerator(seed: 1), at: now)
        }

        mutating func step(_ script: inout Script) throws(Finding) {
            let choice = script.byte()
            let peer = UInt64(choice & 7)
            let source = choice & 8 == 0 ? Parties.address(peer) : Parties.address(peer + 50)
            switch choice & 0xC0 {
            case 0x00:
                try note(swim.receive(script.piece(), from: source, sender: Parties.session(peer), at: now))
            case 0x40: try note(swim.proven(Parties.session(peer), from: source, at: now))
            case 0x80: try wait(.milliseconds(Int(script.byte()) * 10))
            default:
                if choice & 0x20 != 0 { return try note(swim.leave(at: now)) }
                try note(swim.update(info("renamed\(choice)"), at: now))
            }
        }

        /// Lets time pass, as a node does: each deadline is met.
        private mutating func wait(_ duration: Duration) throws(Finding) {
            let end = now.advanced(by: duration)
            var inPlace = 0
            while swim.nextDeadline <= end {
                inPlace = swim.nextDeadline > now ? 0 : inPlace + 1
                try demand(inPlace < 100, "a hundred deadlines, and no time passes")
                now = max(now, swim.nextDeadline)
                try note(swim.deadlineReached(at: now))
            }
            now = end
        }

        private func note(_ actions: [SWIM.Action]) throws(Finding) {
            var sent = 0
            for action in actions {
                switch action {
                case .send(let payload, _), .broadcast(let payload):
                    sent += 1
                    try demand(payload.count <= 1134, "a payload of \(payload.count) bytes")
                    guard case .message = Message.decode(payload, versions: 1...1) else {
                        throw Finding(description: "a payload that nobody can read")
                    }
                case .store(let peers): try demand(peers.count <= Self.memberLimit, "\(peers.count) peers are stored")
                case .changed, .ignored: break
                }
            }
            try demand(sent <= 48, "\(sent) datagrams at once")
            let members = swim.members
            try demand(members.count <= Self.memberLimit, "\(members.count) members")
            try demand(Set(members.map(\.id)).count == members.count, "a member is there twice")
            try demand(members.contains { $0.session == swim.session }, "we are no member of our own cluster")
        }
    }
}
