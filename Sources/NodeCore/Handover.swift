internal import Wire

/// A hand-over that is under way: who is asked to take over.
struct Handover: Sendable {
    /// Why the holder hands over.
    enum Purpose: Sendable {
        /// It may not hold the addresses any longer: if nobody takes over, it resigns.
        case leaving
        /// A person asked for it: if nobody takes over, all stays as it is.
        case moving
        /// Another node has less to do: if that one does not take over, all stays as it is.
        case spreading
    }

    let purpose: Purpose
    /// Who is asked.
    let successor: Company.Other
    /// Who did not answer.
    let refused: [NodeID]
    /// How often the successor was asked.
    private(set) var offers = 1
    /// When to ask again, or someone else.
    private(set) var nextAt: Instant

    /// An offer is repeated at each step, for datagrams get lost, and a successor has to prepare itself.
    static let mostOffers = Succession.patience + 3
    /// How many members are asked in turn.
    static let mostSuccessors = 3

    init(
        _ purpose: Purpose, to successor: Company.Other, after refused: [NodeID], step: Duration,
        at now: Instant
    ) {
        self.purpose = purpose
        self.successor = successor
        self.refused = refused
        nextAt = now.advanced(by: step)
    }

    /// Whether the successor has had its chances.
    var isExhausted: Bool { offers >= Self.mostOffers }

    mutating func offeredAgain(step: Duration, at now: Instant) {
        offers += 1
        nextAt = now.advanced(by: step)
    }
}

/// A hand-over to this node that is under way: before it claims, what was begun at the holder must be led there.
struct Succession: Sendable {
    /// Who hands over.
    let predecessor: NodeID
    /// The addresses for which that is not prepared yet.
    var awaited: [IPAddress]
    /// When the addresses are claimed even so: the holder does not wait for ever.
    let until: Instant

    /// For how many steps the preparation is waited for.
    static let patience = 3

    init(_ predecessor: NodeID, _ addresses: [FloatingAddress], step: Duration, at now: Instant) {
        self.predecessor = predecessor
        awaited = addresses.map(\.ip)
        until = now.advanced(by: step * Self.patience)
    }
}
