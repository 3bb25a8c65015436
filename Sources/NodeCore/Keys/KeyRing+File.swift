public import Wire

/// How the ring that a node keeps and the keys in its configuration go together.
extension KeyRing {
    /// What the configuration's keys are to a ring.
    public enum FileStanding: Hashable, Sendable {
        /// The file names the newest key first, or there has been no rotation.
        case current
        /// It names a key that was replaced. The ring is in force; a new card made from this file would lack keys.
        case behind
        /// It names keys of another cluster alone: this node has been moved there, and the ring is none of its own.
        case foreign
    }

    /// What is in force when the configuration names these keys; nil for one that names none.
    ///
    /// A file that names one of the ring's keys, or one that was dropped, belongs to this cluster. A key that it names first
    /// and that the ring has never seen is a new one. Any other is an old one, of which nothing is known any more.
    public func with(file: Keyring?) -> (ring: KeyRing, standing: FileStanding) {
        guard let file else { return (self, .current) }
        guard isRotated else { return (KeyRing(file), .current) }
        guard file.keys.contains(where: knows) else { return (KeyRing(file), .foreign) }
        let ring = adding(file.newest) ?? self
        return (ring, file.newest == ring.newest.key ? .current : .behind)
    }

    /// Reads the text that `text` writes; nil for anything else.
    public init?(text: String) {
        var floor: UInt32 = 0
        var keys: [Entry] = []
        var dropped: [Dropped] = []
        for line in text.split(separator: "\n") where !line.hasPrefix("#") {
            let words = line.split(separator: " ")
            switch (words.first, words.count) {
            case ("floor", 2):
                guard let number = UInt32(words[1]) else { return nil }
                floor = number
            case ("key", 3):
                guard let generation = UInt32(words[1]), let key = try? ClusterKey(String(words[2])) else { return nil }
                keys.append(Entry(key, generation: generation))
            case ("dropped", 4):
                guard let generation = UInt32(words[1]), let hint = UInt32(words[2], radix: 16),
                    let key = Dropped(hint: hint, fingerprint: words[3], generation: generation)
                else { return nil }
                dropped.append(key)
            default: continue  // a later version's
            }
        }
        self.init(keys, floor: floor, dropped: dropped)
    }

    /// The ring as a file keeps it: a line for each key. A secret.
    public var text: String {
        let lines =
            ["# The keys of this node's cluster. Secret. Written by bramble, to be changed with `bramble key`."]
            + ["floor \(floor)"] + entries.map { "key \($0.generation) \($0.key.text)" }
            + dropped.map { "dropped \($0.generation) \(String($0.hint, radix: 16)) \($0.fingerprint)" }
        return lines.map { $0 + "\n" }.joined()
    }
}

/// How people name what stands in the clear part of a datagram: eight hexadecimal digits, in two groups.
public enum KeyMark {
    /// The mark of the key with this hint.
    public static func text(_ hint: UInt32) -> String {
        let digits = String(hint, radix: 16)
        let padded = String(repeating: "0", count: 8 - digits.count) + digits
        return "\(padded.prefix(4))-\(padded.suffix(4))"
    }
}
