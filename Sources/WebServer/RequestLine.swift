extension RequestHead {
    /// Reads `method SP target SP version` (RFC 9112 §3), with single spaces.
    mutating func readRequestLine(_ line: Range<Int>, of bytes: Span<UInt8>) -> Refusal? {
        let space = UInt8(ascii: " ")
        guard let first = bytes.firstIndex(of: space, in: line),
            let second = bytes.firstIndex(of: space, in: first + 1..<line.upperBound)
        else { return .badRequest(.requestLine) }
        let target = first + 1..<second
        guard readMethod(line.lowerBound..<first, of: bytes) else { return .badRequest(.requestLine) }
        guard !target.isEmpty, Self.isTarget(target, of: bytes) else { return .badRequest(.target) }
        if let refusal = readVersion(second + 1..<line.upperBound, of: bytes) { return refusal }
        let isConnect = bytes.matches(line.lowerBound..<first, "CONNECT")
        return readTarget(target, of: bytes, isConnect: isConnect) ? nil : .badRequest(.target)
    }

    private mutating func readMethod(_ name: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        guard !name.isEmpty else { return false }
        for index in name where !bytes[index].isTokenCharacter { return false }
        method = Self.method(name, of: bytes)
        return true
    }

    private static func method(_ name: Range<Int>, of bytes: Span<UInt8>) -> Method {
        if bytes.matches(name, "GET") { return .get }
        if bytes.matches(name, "HEAD") { return .head }
        if bytes.matches(name, "OPTIONS") { return .options }
        if bytes.matches(name, "POST") || bytes.matches(name, "PUT") || bytes.matches(name, "DELETE")
            || bytes.matches(name, "PATCH") || bytes.matches(name, "TRACE") || bytes.matches(name, "CONNECT")
        {
            return .notAllowed
        }
        return .unknown
    }

    /// Visible ASCII without `#`. RFC 3986 allows less, but browsers send `|`, `{` or `^` as they are; all that a path
    /// can do here is to be looked up.
    private static func isTarget(_ target: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        for index in target where bytes[index] <= 0x20 || bytes[index] > 0x7E || bytes[index] == UInt8(ascii: "#") {
            return false
        }
        return true
    }

    /// `HTTP/1.1`, or a later 1.x, which is spoken as 1.1 (RFC 9110 §2.5), or 1.0.
    private mutating func readVersion(_ version: Range<Int>, of bytes: Span<UInt8>) -> Refusal? {
        let start = version.lowerBound
        guard version.count == 8, bytes.matches(start..<start + 5, "HTTP/"), bytes[start + 5].isDigit,
            bytes[start + 6] == UInt8(ascii: "."), bytes[start + 7].isDigit
        else { return .badRequest(.requestLine) }
        guard bytes[start + 5] == UInt8(ascii: "1") else { return .versionNotSupported }
        minorVersion = bytes[start + 7] - UInt8(ascii: "0")
        return nil
    }

    /// The four forms of RFC 9112 §3.2.
    private mutating func readTarget(_ target: Range<Int>, of bytes: Span<UInt8>, isConnect: Bool) -> Bool {
        if isConnect {
            form = .authority
            return Authority.isValid(target, of: bytes) && bytes.firstIndex(of: UInt8(ascii: ":"), in: target) != nil
        }
        if bytes[target.lowerBound] == UInt8(ascii: "/") {
            splitPath(target, of: bytes)
            return true
        }
        if bytes.matches(target, "*") {
            form = .asterisk
            return method == .options
        }
        return readAbsolute(target, of: bytes)
    }

    private mutating func readAbsolute(_ target: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        let start = target.lowerBound
        let scheme: Int
        if target.count > 7, bytes.matchesIgnoringCase(start..<start + 7, "http://") {
            scheme = 7
        } else if target.count > 8, bytes.matchesIgnoringCase(start..<start + 8, "https://") {
            scheme = 8
        } else {
            return false
        }
        var end = start + scheme
        while end < target.upperBound, bytes[end] != UInt8(ascii: "/"), bytes[end] != UInt8(ascii: "?") { end += 1 }
        let authority = start + scheme..<end
        guard !authority.isEmpty, Authority.isValid(authority, of: bytes) else { return false }
        splitPath(end..<target.upperBound, of: bytes)
        return true
    }

    private mutating func splitPath(_ target: Range<Int>, of bytes: Span<UInt8>) {
        let end = bytes.firstIndex(of: UInt8(ascii: "?"), in: target) ?? target.upperBound
        path = target.lowerBound..<end
        query = end..<target.upperBound
    }
}

/// `host` or `host:port`: the value of Host, and part of a target (RFC 9110 §7.2, RFC 3986 §3.2).
enum Authority {
    /// Whether it has valid characters only, at most one port, and brackets only around an IPv6 address.
    static func isValid(_ range: Range<Int>, of bytes: Span<UInt8>) -> Bool {
        var index = range.lowerBound
        if index < range.upperBound, bytes[index] == UInt8(ascii: "[") {
            guard let end = bytes.firstIndex(of: UInt8(ascii: "]"), in: range), end > index + 1 else { return false }
            for inside in index + 1..<end
            where bytes[inside] != UInt8(ascii: ":") && !isNameCharacter(bytes[inside]) { return false }
            index = end + 1
        } else {
            while index < range.upperBound, isNameCharacter(bytes[index]) { index += 1 }
        }
        if index == range.upperBound { return true }
        guard bytes[index] == UInt8(ascii: ":") else { return false }
        for digit in index + 1..<range.upperBound where !bytes[digit].isDigit { return false }
        return range.upperBound - index <= 6
    }

    /// Unreserved characters, sub-delimiters and `%` (RFC 3986 §3.2.2). No `@`: HTTP has no user names here.
    private static func isNameCharacter(_ byte: UInt8) -> Bool {
        switch byte {
        case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
            UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"),
            UInt8(ascii: "~"), UInt8(ascii: "!"), UInt8(ascii: "$"), UInt8(ascii: "%")...UInt8(ascii: ","),
            UInt8(ascii: ";"), UInt8(ascii: "="):
            true
        default: false
        }
    }
}
