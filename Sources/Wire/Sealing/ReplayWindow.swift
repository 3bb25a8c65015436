/// Which of a session's sequence numbers have been accepted: a sliding bitmap (RFC 6479).
///
/// The blocks form a ring. Moving forward clears whole blocks, so no bits are ever shifted. One block is always only
/// partly ahead of the highest number; that is why the window is one block narrower than the ring.
struct ReplayWindow: Hashable, Sendable {
    enum Verdict: Hashable, Sendable { case fresh, replayed, tooOld }

    private static let blockBits: UInt64 = 64
    private static let blockCount: UInt64 = 32

    /// How far behind the highest number a number may be and still be told fresh from replayed.
    static let width = (blockCount - 1) * blockBits

    private var blocks = [UInt64](repeating: 0, count: Int(blockCount))
    private let first: UInt64
    private(set) var highest: UInt64

    /// A window that has accepted `sequence`; every number before it is too old for good.
    init(startingAt sequence: UInt64) {
        first = sequence
        highest = sequence
        mark(sequence)
    }

    /// What is to be done with a datagram of this number. Changes nothing: the number may be forged.
    func verdict(on sequence: UInt64) -> Verdict {
        if sequence > highest { return .fresh }
        if sequence < first || highest - sequence >= Self.width { return .tooOld }
        return blocks[Self.block(of: sequence)] & Self.bit(of: sequence) == 0 ? .fresh : .replayed
    }

    /// Takes a number that proved to be authentic and fresh as accepted; false, and no change, if it is not fresh.
    mutating func accept(_ sequence: UInt64) -> Bool {
        guard verdict(on: sequence) == .fresh else { return false }
        advance(to: sequence)
        mark(sequence)
        return true
    }

    private mutating func advance(to sequence: UInt64) {
        guard sequence > highest else { return }
        let current = highest / Self.blockBits
        let steps = min(sequence / Self.blockBits - current, Self.blockCount)
        for step in 0..<steps { blocks[Int((current + 1 + step) % Self.blockCount)] = 0 }
        highest = sequence
    }

    private mutating func mark(_ sequence: UInt64) { blocks[Self.block(of: sequence)] |= Self.bit(of: sequence) }

    private static func block(of sequence: UInt64) -> Int { Int(sequence / blockBits % blockCount) }

    private static func bit(of sequence: UInt64) -> UInt64 { 1 << (sequence % blockBits) }
}
