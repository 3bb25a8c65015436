internal import Wire

/// The others that were heard lately.
///
/// Nothing proves where an announcement comes from. So a key that was heard from two addresses is two candidates: whoever
/// copies another's key takes nothing from what that one says from its own address. Of one key a few addresses are
/// remembered, and one that has fallen silent makes room. There is room for so many in all, and whoever came first stays; but
/// those whom a person has named, and those who have proven themselves, go before all others, and of the others the address
/// that has most makes room. So nobody crowds out the rest from one address, and nobody at all those that are known already.
struct Candidates: Sendable {
    /// From how many addresses one key is remembered.
    static let addressesPerKey = 4
    /// Who was not heard for so long has fallen silent: one that asks would have missed three times.
    static let silence = Duration.seconds(15)

    /// In the order in which they came.
    private(set) var all: [Pairing.Other] = []
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// One for each key, sorted by key: the one that came first of those which fit.
    func distinct(where fits: (Pairing.Other) -> Bool = { _ in true }) -> [Pairing.Other] {
        let first = Dictionary(all.filter(fits).map { ($0.key, $0) }, uniquingKeysWith: { first, _ in first })
        return first.values.sorted { $0.key < $1.key }
    }

    /// Notes what was heard.
    /// - Returns: where it stands; nil if there is no room for it.
    mutating func note(_ other: Pairing.Other, isKnown: (PairingKey) -> Bool) -> Int? {
        if let index = all.firstIndex(where: { $0.key == other.key && $0.address == other.address }) {
            all[index].update(by: other)
            return index
        }
        guard makeRoom(amongCopiesOf: other) else { return nil }
        // Most of a flood ends here, before anything is computed.
        let isCrowded = all.count >= limit && all.count { $0.address.ip == other.address.ip } >= limit / 2
        guard !isCrowded || isKnown(other.key) else { return nil }
        all.append(other)
        guard all.count > limit, let worst = leastWelcome(isKnown) else { return all.indices.last }
        all.remove(at: worst)
        return worst == all.count ? nil : all.indices.last
    }

    private mutating func makeRoom(amongCopiesOf other: Pairing.Other) -> Bool {
        let copies = indices { $0.key == other.key }
        guard copies.count >= Self.addressesPerKey else { return true }
        guard let oldest = copies.min(by: { all[$0].heard < all[$1].heard }),
            all[oldest].heard.advanced(by: Self.silence) <= other.heard
        else { return false }
        all.remove(at: oldest)
        return true
    }

    private func leastWelcome(_ isKnown: (PairingKey) -> Bool) -> Int? {
        var share: [IPAddress: Int] = [:]
        for other in all { share[other.address.ip, default: 0] += 1 }
        let ranks = all.indices.map { index in
            (isKnown(all[index].key) ? 0 : 1, share[all[index].address.ip] ?? 0, index)
        }
        return ranks.max { $0 < $1 }?.2
    }

    /// The places of those which fit.
    func indices(where fits: (Pairing.Other) -> Bool) -> [Int] { all.indices.filter { fits(all[$0]) } }

    subscript(index: Int) -> Pairing.Other {
        get { all[index] }
        set { all[index] = newValue }
    }

    /// Forgets those that were not heard for so long.
    mutating func forget(after memory: Duration, at now: Instant) {
        all.removeAll { $0.heard.advanced(by: memory) <= now }
    }
}
