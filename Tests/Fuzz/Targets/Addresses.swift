import Wire

@testable import DHCP

extension FuzzTarget {
    private static let hardware: [UInt8] = [2, 0, 0, 0, 0, 9]
    private static let server: UInt32 = 0x0A4D_0001

    private static func answer(_ kind: DHCPMessage.Kind, transaction: UInt32) -> DHCPMessage {
        var message = DHCPMessage(.reply, kind, transaction: transaction, hardwareAddress: hardware)
        message.yourAddress = 0x0A4D_00C8
        message.options.server = server
        message.options.subnetMask = 0xFFFF_FF00
        message.options.router = server
        message.options.leaseSeconds = 3600
        message.options.renewalSeconds = 1800
        message.options.rebindingSeconds = 3000
        message.options.text = Array("as you wish".utf8)
        return message
    }

    static let dhcpMessage = FuzzTarget("dhcp-message", longest: 1500) {
        var question = DHCPMessage(.request, .discover, transaction: 7, hardwareAddress: hardware)
        question.options.hostName = Array("bramble".utf8)
        question.options.parameterList = [1, 3, 51, 54, 58, 59]
        question.options.clientIdentifier = [255, 1, 2, 3]
        question.options.maximumSize = 1500
        question.options.requestedAddress = 0x0A4D_00C8
        // The same once more with its options in the fields for names (RFC 2132 §9.3).
        var overloaded = Array(answer(.offer, transaction: 7).encoded.prefix(240))
        overloaded += [52, 1, 3, 255]
        overloaded.replaceSubrange(108..<111, with: [53, 1, 2])
        overloaded.replaceSubrange(44..<48, with: [12, 2, 97, 98])
        return [question.encoded, answer(.offer, transaction: 7).encoded, answer(.refuse, transaction: 7).encoded]
            + [overloaded]
    } check: { bytes throws(Finding) in
        guard let message = try? DHCPMessage(decoding: bytes) else { return }
        try demand(message.hardwareAddress.count == 6, "a hardware address of \(message.hardwareAddress.count) bytes")
        let texts = [
            message.options.hostName, message.options.parameterList, message.options.text,
            message.options.clientIdentifier,
        ].compactMap { $0 }
        try demand(texts.allSatisfy { $0.count <= bytes.count }, "an option longer than its message")
        let again = message.encoded
        guard let readAgain = try? DHCPMessage(decoding: again) else {
            throw Finding(description: "a message that was read cannot be read again")
        }
        try demand(readAgain.encoded == again, "a message changes on the way")
        // One option of ours has 255 bytes at most, and one with none is left out.
        if texts.allSatisfy({ (1...255).contains($0.count) }) {
            try demand(readAgain == message, "a message changes on the way, beyond what is cut")
        }
    }

    /// A client that is answered by whoever is on the LAN. Each step: bits 0 and 1, what happens; then what it takes.
    static let dhcpClient = FuzzTarget("dhcp-client", longest: 3000) {
        let steps: [[UInt8]] = [.offer, .acknowledge, .refuse].map { kind in
            [0] + Script.piece(answer(kind, transaction: 0).encoded)
        }
        let later: [UInt8] = [1, 200]
        let runs: [[[UInt8]]] = [
            [steps[0], steps[1]], [steps[0], steps[2], later, steps[0], steps[1]], [later, later],
            [steps[0], steps[1], later, later, steps[1], later, later, later, [2]],
        ]
        return runs.map { Array($0.joined()) }
    } check: { bytes throws(Finding) in
        var run = ClientRun()
        try run.note(run.client.start(remembered: bytes.first == 1 ? 0x0A4D_00C8 : nil, at: run.now), answering: 0)
        var script = Script(bytes)
        for _ in 0..<64 where !script.isEmpty { try run.step(&script) }
    }

    private struct ClientRun {
        static let network = DHCPClient.Network(address: 0x0A4D_0000, prefix: 24)
        static let taken: UInt32 = 0x0A4D_000B
        var now = Instant(nanoseconds: 1_000_000_000)
        var client = DHCPClient(
            .init(clientIdentifier: [255, 0, 0, 0, 1], hardwareAddress: hardware, wantsBroadcast: true, hostName: "b"),
            place: .init(networks: [network], taken: [taken]), random: SeededGenerator(seed: 1))

        mutating func step(_ script: inout Script) throws(Finding) {
            switch script.byte() & 3 {
            case 0:
                var message = script.piece()
                // The number of the question, which a machine on the LAN reads off the wire.
                if message.count >= 8 {
                    let number = client.transaction
                    let bytes = (0..<4).map { UInt8(truncatingIfNeeded: number >> (24 - 8 * $0)) }
                    message.replaceSubrange(4..<8, with: bytes)
                }
                try note(client.receive(message, from: [2, 0, 0, 0, 0, 1], at: now), answering: message.count)
            case 1:
                let due = client.nextDeadline ?? now
                now = max(now, due).advanced(by: .milliseconds(Int(script.byte())))
                let before = client.nextDeadline
                try note(client.deadlineReached(at: now), answering: nil)
                if before.map({ $0 <= now }) == true {
                    try demand(client.nextDeadline.map { $0 > now } ?? true, "time does not go on in \(client.state)")
                }
            case 2: try note(client.decline(at: now), answering: nil)
            default: now = now.advanced(by: .seconds(1))
            }
        }

        /// What the client wants is within bounds; and one answer provokes no more than one message.
        func note(_ actions: [DHCPClient.Action], answering count: Int?) throws(Finding) {
            try demand(actions.count <= 4, "\(actions.count) actions at once")
            var sent = 0
            for action in actions {
                switch action {
                case .send(let bytes, _):
                    sent += 1
                    try demand(bytes.count <= 548, "a message of \(bytes.count) bytes")
                    try demand((try? DHCPMessage(decoding: bytes)) != nil, "a message that nobody can read")
                case .bound(let lease):
                    try demand(Self.network.contains(lease.address), "took an address of another network")
                    try demand(lease.address != Self.taken, "took an address that a node has")
                    try demand(
                        .zero < lease.renewal && lease.renewal <= lease.rebinding && lease.rebinding <= lease.duration,
                        "times out of order: \(lease)")
                default: break
                }
            }
            try demand(sent <= 1, "\(sent) messages at once")
        }
    }
}
