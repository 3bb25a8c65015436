internal import Wire

/// What a member says of the cluster keys that it has on its disk. Keys are named by their hints, which give nothing of
/// them away.
public struct HeldKeys: Sendable, Hashable {
    /// In which rotation its newest key was made; 0 for one that was there from the start.
    public var generation: UInt32
    /// Its newest key.
    public var newest: UInt32
    /// Its oldest key, which it still opens.
    public var oldest: UInt32
    /// The generation of the last drop that it has followed.
    public var floor: UInt32
    /// Whether it seals with the newest key what it says to all.
    public var sealsWithNewest: Bool

    /// All of it.
    public init(generation: UInt32, newest: UInt32, oldest: UInt32, floor: UInt32, sealsWithNewest: Bool) {
        self.generation = generation
        self.newest = newest
        self.oldest = oldest
        self.floor = floor
        self.sealsWithNewest = sealsWithNewest
    }

    /// How many bytes it takes in a record.
    static let byteCount = 17
}

extension ByteWriter {
    mutating func heldKeys(_ keys: HeldKeys) {
        integer(keys.generation)
        integer(keys.newest)
        integer(keys.oldest)
        integer(keys.floor)
        integer(UInt8(keys.sealsWithNewest ? 1 : 0))
    }
}

extension ByteReader {
    mutating func heldKeys() throws(DecodeError) -> HeldKeys {
        HeldKeys(
            generation: try integer(), newest: try integer(), oldest: try integer(), floor: try integer(),
            sealsWithNewest: try integer(UInt8.self) & 1 != 0)
    }
}
