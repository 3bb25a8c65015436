/// Why a text is not a cluster key, or a list not a keyring. Each message says what to do.
public enum KeyError: Error, Hashable, Sendable, CustomStringConvertible {
    /// The text neither begins with `bramble-key-` nor is 64 hexadecimal digits.
    case missingPrefix
    /// After the prefix there are this many characters, and not as many as expected: the key was cut, or glued.
    case wrongLength(found: Int, expected: Int)
    /// This character, at this place in the text (counted from 1), occurs in no key.
    case badCharacter(Character, position: Int)
    /// All characters are possible, but they do not belong together: at least one was mistyped.
    case checksumMismatch
    /// The list of keys is empty.
    case noKeys

    /// What is wrong and what to do, for people.
    public var description: String {
        switch self {
        case .missingPrefix:
            "this is no cluster key: a key begins with \"\(ClusterKey.textPrefix)\" (or is 64 hexadecimal digits). "
                + "Make one with `bramble key new`, or copy it from another node's bramble.toml"
        case .wrongLength(let found, let expected):
            "the cluster key is \(found < expected ? "cut short" : "too long"): after \"\(ClusterKey.textPrefix)\" "
                + "come \(expected) characters, here are \(found). Copy the whole key"
        case .badCharacter(let character, let position):
            "the cluster key has \"\(character)\" as character \(position), which occurs in no key "
                + "(letters a to z and digits 2 to 7 do). Copy the key instead of typing it"
        case .checksumMismatch:
            "the cluster key has a typing mistake: its checksum does not match. Copy it once more"
        case .noKeys:
            "no cluster key is given: at least one is needed. Make one with `bramble key new`"
        }
    }
}
