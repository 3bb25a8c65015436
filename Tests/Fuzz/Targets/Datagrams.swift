@testable import Wire

/// Nodes as sealing sees them, for the targets below.
enum Parties {
    static let key = key(1)
    static let start = Instant(nanoseconds: 1_000_000_000_000)

    static func key(_ number: UInt64) -> ClusterKey {
        var random = SeededGenerator(seed: number)
        return ClusterKey(using: &random)
    }

    static func session(_ node: UInt64) -> Session {
        Session(node: NodeID(high: node, low: node), boot: node + 1, salt: node)
    }

    static func address(_ node: UInt64) -> SocketAddress {
        SocketAddress(ip: .v4(0x0A4D_000A + UInt32(node)), port: 7373)
    }

    static func link(_ node: UInt64) -> SealedLink {
        SealedLink(
            session: session(node), keyring: Keyring(key), secret: [UInt8](repeating: UInt8(node), count: 32))
    }

    /// What two nodes say that meet: a message, a challenge, an answer with a challenge, an answer, and messages.
    static let meeting: [[UInt8]] = {
        var (alice, bob) = (link(1), link(2))
        var said: [[UInt8]] = []
        var datagram = try? alice.seal([0x16, 1, 0, 0])
        for turn in 0..<4 {
            guard let sent = datagram else { break }
            said.append(sent)
            let received =
                turn % 2 == 0
                ? bob.receive(sent, from: address(1), at: start) : alice.receive(sent, from: address(2), at: start)
            datagram = received.datagram
        }
        for count in [1, 300, SealedLink.maximumPayload] {
            if let sent = try? alice.seal([UInt8](repeating: 0x10, count: count)) { said.append(sent) }
        }
        return said
    }()

    /// Whoever has the key can seal anything, in any session, with any number.
    static func sealed(_ plaintext: [UInt8], by session: Session, sequence: UInt64) -> [UInt8] {
        let header = DatagramHeader(hint: key.hint, session: session, sequence: sequence).bytes
        return header + (SessionKey(key, session).seal(plaintext, header: header, sequence: sequence) ?? [])
    }
}

extension SealedLink.Received {
    /// What is to be sent back, if anything.
    var datagram: [UInt8]? {
        switch self {
        case .reply(let reply): reply
        case .proven(_, let reply), .duplicateIdentity(_, let reply): reply
        case .message, .dropped: nil
        }
    }
}

extension FuzzTarget {
    /// One datagram to a node that knows nobody: as it comes, with a right clear part, and as the content of one that
    /// somebody with the key has sealed.
    static let datagram = FuzzTarget("datagram", longest: 1300) {
        Parties.meeting + [PaddedPayload.wrap([0x10, 1, 2, 3])]
            + Parties.meeting.prefix(4).compactMap { datagram in
                var seal = DatagramSeal(session: Parties.session(7), keyring: Keyring(Parties.key), firstSequence: 0)
                guard case .opened(let opened) = seal.open(datagram) else { return nil }
                return PaddedPayload.wrap(opened.payload)
            }
    } check: { bytes throws(Finding) in
        try deliver(bytes)
        if DatagramHeader.flaw(in: bytes) == nil {
            let header = try demand(try? DatagramHeader(reading: bytes), "no header, and nothing wrong with it")
            try demand(bytes.starts(with: header.bytes), "a header has another encoding than what it was read from")
        }
        if bytes.count >= DatagramHeader.byteCount {
            let clear = DatagramHeader(hint: Parties.key.hint, session: Parties.session(3), sequence: 1).bytes
            try deliver(clear + bytes[DatagramHeader.byteCount...])
        }
        let room = DatagramHeader.maximumDatagram - DatagramHeader.byteCount - SessionKey.tagCount
        try deliver(Parties.sealed(Array(bytes.prefix(room)), by: Parties.session(3), sequence: 5))
        if let payload = try? PaddedPayload.unwrap(bytes) {
            try demand(payload.count + 2 <= bytes.count, "a payload longer than its datagram")
            try demand(
                (try? PaddedPayload.unwrap(PaddedPayload.wrap(payload))) == payload, "a payload changes on the way")
        }
        if let message = try? LinkMessage(decoding: bytes) {
            try demand(message.encoded == bytes, "a message of the link has another encoding than it was read from")
        }
    }

    /// Nobody is known, so nothing may get through; and no answer is longer than what provoked it.
    private static func deliver(_ bytes: [UInt8]) throws(Finding) {
        var link = Parties.link(2)
        let received = link.receive(bytes, from: Parties.address(1), at: Parties.start)
        try demand(received.datagram.map { $0.count <= bytes.count } ?? true, "an answer longer than the question")
        try demand(link.drops.total <= 1, "one datagram is counted \(link.drops.total) times")
        switch received {
        case .message, .duplicateIdentity: throw Finding(description: "a stranger is listened to: \(received)")
        case .dropped(let reason): try demand(link.drops[reason] == 1, "dropped, and not counted as \(reason)")
        case .reply, .proven: break
        }
    }

    /// Two nodes and what a third can do with what they say: each step sends, delays, copies, cuts, redirects.
    static let conversation = FuzzTarget("conversation", longest: 600) {
        let meet: [UInt8] = [0, 0, 1, 0, 1, 1, 1, 2, 1, 3]
        let later: [[UInt8]] = [
            [], [0, 1, 0, 2, 1, 4, 1, 4, 2, 4, 9], [3, 100, 0, 0, 1, 4, 3, 255, 1, 4, 2, 0, 3],
            [4, 4, 60, 1, 5, 4, 1, 4, 2, 0, 5],
        ]
        return later.map { meet + $0 }
    } check: { bytes throws(Finding) in
        var script = Script(bytes)
        var run = ConversationRun()
        for _ in 0..<200 where !script.isEmpty { try run.step(&script) }
    }

    private struct ConversationRun {
        var links = [Parties.link(0), Parties.link(1)]
        var now = Parties.start
        /// All that was ever sent, with the sender's number.
        var wire: [(from: Int, bytes: [UInt8])] = []
        /// Bytes to and from addresses where nobody is.
        var balance: [SocketAddress: Int] = [:]
        /// What each has been told, which must never come twice.
        var heard: [Set<[UInt8]>] = [[], []]
        var said: UInt32 = 0

        mutating func step(_ script: inout Script) throws(Finding) {
            switch script.number(below: 5) {
            case 0:
                said += 1
                var payload = ByteWriter()
                payload.integer(0x1000_0000 | said)
                payload.append([UInt8](repeating: 7, count: Int(script.byte()) * 4))
                let from = Int(said) % 2
                wire.append((from, try demand(try? links[from].seal(payload.bytes), "a message could not be sealed")))
            case 1:
                guard let sent = pick(&script) else { return }
                try deliver(sent.bytes, from: Parties.address(UInt64(sent.from)), to: 1 - sent.from)
            case 2:
                guard let sent = pick(&script) else { return }
                let victim = Parties.address(100 + UInt64(script.byte() & 3))
                try deliver(sent.bytes, from: victim, to: script.number(below: 2))
            case 3: now = now.advanced(by: .milliseconds(100 * Int(script.byte())))
            default:
                guard var sent = pick(&script), !sent.bytes.isEmpty else { return }
                let place = (Int(script.byte()) << 2) % sent.bytes.count
                if script.byte() & 1 == 0 { sent.bytes.removeSubrange(place...) } else { sent.bytes[place] ^= 0x41 }
                wire.append(sent)
            }
        }

        private mutating func pick(_ script: inout Script) -> (from: Int, bytes: [UInt8])? {
            wire.isEmpty ? nil : wire[script.number(below: wire.count)]
        }

        private mutating func deliver(_ bytes: [UInt8], from source: SocketAddress, to receiver: Int) throws(Finding) {
            let other = Parties.session(UInt64(1 - receiver))
            let wasProven = links[receiver].isProven(other, at: source)
            let received = links[receiver].receive(bytes, from: source, at: now)
            if case .message(let sender, let payload) = received {
                try demand(wasProven && sender == other, "an unproven sender is listened to")
                try demand(heard[receiver].insert(payload).inserted, "the same message twice")
            }
            guard let reply = received.datagram else { return }
            let isHome = source == Parties.address(UInt64(1 - receiver))
            try demand(reply.count <= bytes.count, "an answer longer than the question")
            if isHome { return wire.append((receiver, reply)) }
            balance[source, default: 0] += reply.count - bytes.count
            try demand(balance[source, default: 0] <= 0, "more bytes to \(source) than from there")
        }
    }
}
