internal import Wire

extension KeyRing {
    /// A key that is a key no more.
    public struct Dropped: Hashable, Sendable {
        /// What datagrams name it by.
        public let hint: UInt32
        /// The bytes of its fingerprint.
        let mark: UInt64
        /// When it was dropped.
        public let generation: UInt32

        /// What people name it by.
        public var fingerprint: String {
            let digits = String(mark, radix: 16)
            let padded = Array(String(repeating: "0", count: 16 - digits.count) + digits)
            return stride(from: 0, to: 16, by: 4).map { String(padded[$0..<$0 + 4]) }.joined(separator: "-")
        }

        init(hint: UInt32, mark: UInt64, generation: UInt32) {
            (self.hint, self.mark, self.generation) = (hint, mark, generation)
        }

        /// What is remembered by a fingerprint; nil if that is none.
        init?(hint: UInt32, fingerprint: Substring, generation: UInt32) {
            let groups = fingerprint.split(separator: "-", omittingEmptySubsequences: false)
            guard groups.count == 4, groups.allSatisfy({ $0.utf8.count == 4 }),
                let mark = UInt64(groups.joined(), radix: 16)
            else { return nil }
            self.init(hint: hint, mark: mark, generation: generation)
        }

        init(_ key: ClusterKey, generation: UInt32) {
            self.init(hint: key.hint, mark: Self.mark(of: key), generation: generation)
        }

        private static func mark(of key: ClusterKey) -> UInt64 {
            UInt64(key.fingerprint.filter { $0 != "-" }, radix: 16) ?? 0
        }

        /// Whether it was this key. The hint is at hand; a fingerprint has to be derived.
        func isWhatIsLeft(of key: ClusterKey) -> Bool { hint == key.hint && mark == Self.mark(of: key) }

        private func isSame(as other: Dropped) -> Bool { hint == other.hint && mark == other.mark }

        /// What a ring with these keys remembers of those: each once, the last ones, in an order that is the same on all
        /// nodes.
        static func list(_ all: [Dropped], without keys: [ClusterKey]) -> [Dropped] {
            let gone = all.filter { one in !keys.contains(where: one.isWhatIsLeft) }
            let sorted = gone.sorted {
                ($0.generation, $0.hint, $0.mark) > ($1.generation, $1.hint, $1.mark)
            }
            let once = sorted.reduce(into: [Dropped]()) { list, one in
                if !list.contains(where: one.isSame) { list.append(one) }
            }
            return once.prefix(KeyRing.memory).reversed()
        }
    }
}
