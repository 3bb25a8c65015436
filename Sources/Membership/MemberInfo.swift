/// What a member tells about itself; it travels with every statement about the member.
public struct MemberInfo: Sendable, Hashable {
    /// The name for people, at most 63 bytes of UTF-8 on the wire.
    public var name: String
    /// The port that its web server listens on.
    public var httpPort: UInt16
    /// The first eight bytes of the ID of the release that it serves; 0 for none.
    public var release: UInt64
    /// Bits 0 and 1 are `serving` and `draining`, bits 2 to 7 the `versions`, bits 8 to 15 the `priority`.
    public var flags: UInt16
    /// What it says of its keys; nil for a node of a version that cannot be given new ones.
    public var keys: HeldKeys?
    /// Fields of a newer version, handed on as they came.
    var extra: [UInt8] = []

    /// What a node tells about itself.
    public init(
        name: String, httpPort: UInt16 = 0, serving: Bool = false, draining: Bool = false, release: UInt64 = 0,
        flags: UInt16 = 0
    ) {
        self.name = name
        self.httpPort = httpPort
        self.release = release
        self.flags = flags
        if serving { self.serving = true }
        if draining { self.draining = true }
    }

    /// Whether it can serve the site.
    public var serving: Bool {
        get { flags & 1 != 0 }
        set { flags = newValue ? flags | 1 : flags & ~1 }
    }

    /// Whether it has been taken out of service by a person.
    public var draining: Bool {
        get { flags & 2 != 0 }
        set { flags = newValue ? flags | 2 : flags & ~2 }
    }

    /// The VRRP priority that it has now (RFC 9568 §5.2.4); that of one that says nothing is the default, 100.
    public var priority: UInt8 {
        get { flags >> 8 == 0 ? 100 : UInt8(flags >> 8) }
        set { flags = flags & 0xFF | UInt16(newValue) << 8 }
    }

    /// The versions of the membership protocol that it speaks, 1 to 15: in bits 2 to 4 the lowest less 1, in bits 5 to
    /// 7 how many more there are. One that says nothing speaks version 1 alone.
    public var versions: ClosedRange<UInt8> {
        get {
            let lowest = 1 + UInt8(truncatingIfNeeded: flags >> 2) & 7
            return lowest...lowest + UInt8(truncatingIfNeeded: flags >> 5) & 7
        }
        set {
            let lowest = min(max(newValue.lowerBound, 1), 8)
            let more = min(max(newValue.upperBound, lowest) - lowest, 7)
            flags = flags & 0xFF03 | UInt16(lowest - 1) << 2 | UInt16(more) << 5
        }
    }

    /// The name as it is sent: at most 63 bytes, cut between characters.
    var wireName: String {
        var cut = name[...]
        while cut.utf8.count > 63 { cut = cut.dropLast() }
        return String(cut)
    }
}
