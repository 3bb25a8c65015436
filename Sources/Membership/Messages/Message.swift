import Wire

/// What members say to each other: a few fields of the message's own, and news about members.
struct Message: Equatable, Sendable {
    enum Body: Equatable, Sendable {
        /// Are you there? Sequence 0 awaits no answer, it only tells.
        case ping(sequence: UInt32, target: NodeID)
        /// I am; or: the one that you asked me to ping is.
        case ack(sequence: UInt32)
        /// Ping `target` for me, and say so if it has not answered within `patience` milliseconds.
        case pingRequest(sequence: UInt32, target: NodeID, patience: UInt16)
        /// I am there, but the one that you asked me to ping has not answered.
        case nack(sequence: UInt32)
        /// News only.
        case gossip
        /// A part of everything that I know; the last part asks for the same in return.
        case sync(wantsReply: Bool)
        /// A datagram of full length: does it reach you? Acknowledge it.
        case stretch(sequence: UInt32)
        /// I exist: sent to everybody, and to peers that may have come back.
        case hello
    }

    var body: Body
    var records: [Record]
}

extension Message.Body {
    var kind: UInt8 {
        switch self {
        case .ping: 0x10
        case .ack: 0x11
        case .pingRequest: 0x12
        case .nack: 0x13
        case .gossip: 0x14
        case .sync: 0x15
        case .hello: 0x16
        case .stretch: 0x17
        }
    }

    var isSync: Bool { if case .sync = self { true } else { false } }
}
