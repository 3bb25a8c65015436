internal import Wire

/// Who may hold a lifeline to this node, and how many: a connection costs memory, and anyone on the network can open
/// one.
///
/// Those who are there stay, and a newcomer for whom there is no place is turned away. The other way round, a stranger
/// could break the lifelines of members as often as he likes. Members have places that no stranger can take.
struct LifelinePlaces {
    /// From one address: a node needs one, and those of its earlier runs are there until the kernel misses them.
    static let mostOfOneAddress = 4
    /// From addresses at which no member is known: among them members that were met a moment ago.
    static let mostStrangers = 64
    /// In all.
    static let most = 256

    /// The addresses at which members are known.
    var members: Set<IPAddress> = []
    /// How many are held from each address.
    private(set) var held: [IPAddress: Int] = [:]
    private var total = 0

    /// Takes a place for a connection from this address; false if there is none.
    mutating func enter(_ ip: IPAddress) -> Bool {
        guard total < Self.most, held[ip, default: 0] < Self.mostOfOneAddress else { return false }
        guard members.contains(ip) || strangers < Self.mostStrangers else { return false }
        held[ip, default: 0] += 1
        total += 1
        return true
    }

    /// Gives a place back.
    mutating func leave(_ ip: IPAddress) {
        guard let count = held[ip] else { return }
        held[ip] = count > 1 ? count - 1 : nil
        total -= 1
    }

    /// Counted anew each time, for who is a member changes: at most 256 entries, a few times a second.
    private var strangers: Int { held.reduce(0) { members.contains($1.key) ? $0 : $0 + $1.value } }
}
