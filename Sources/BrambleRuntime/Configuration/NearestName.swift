/// Finds what a person may have meant.
enum NearestName {
    /// The candidate that is nearest to `name`, if it is near enough to be a slip of the fingers: the first of equals.
    static func find(_ name: String, among candidates: [String]) -> String? {
        let wanted = normalized(name)
        let limit = max(1, wanted.count / 3)
        var best: (name: String, distance: Int)?
        for candidate in candidates {
            let distance = distance(wanted, normalized(candidate))
            if distance <= limit, distance < best?.distance ?? .max { best = (candidate, distance) }
        }
        return best?.name
    }

    /// How many letters must be added, removed, changed, or swapped with their neighbour (optimal string alignment).
    static func distance(_ left: [UInt8], _ right: [UInt8]) -> Int {
        var earlier: [Int] = []
        var previous = Array(0...right.count)
        for (row, letter) in left.enumerated() {
            var current = [row + 1]
            for (column, other) in right.enumerated() {
                var cost = min(previous[column + 1] + 1, current[column] + 1)
                cost = min(cost, previous[column] + (letter == other ? 0 : 1))
                if row > 0, column > 0, letter == right[column - 1], left[row - 1] == other {
                    cost = min(cost, earlier[column - 1] + 1)
                }
                current.append(cost)
            }
            earlier = previous
            previous = current
        }
        return previous.last ?? 0
    }

    /// Case, hyphens and underscores are no difference; what is absurdly long is cut.
    private static func normalized(_ name: String) -> [UInt8] {
        name.utf8.prefix(64).compactMap { byte in
            switch byte {
            case UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: " "): nil
            case UInt8(ascii: "A")...UInt8(ascii: "Z"): byte + 32
            default: byte
            }
        }
    }
}
