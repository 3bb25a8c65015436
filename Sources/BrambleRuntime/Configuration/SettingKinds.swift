internal import Wire

/// The kinds of values that settings have: each reads a node, or complains with what is allowed.
enum SettingKinds {
    static func text(_ node: TOMLNode) throws(Complaint) -> String {
        guard case .string(let text) = node else {
            let advice = node.text.map { "Write it in quotes: \(TOMLNode.quoted($0))." }
            throw Complaint("must be a text in quotes, this is \(node.kind)", advice: advice)
        }
        return text
    }

    static func flag(_ node: TOMLNode) throws(Complaint) -> Bool {
        guard case .boolean(let flag) = node else {
            throw Complaint("must be true or false, without quotes; this is \(node.kind)")
        }
        return flag
    }

    static func integer<Value: FixedWidthInteger>(
        _ node: TOMLNode, in range: ClosedRange<Value>
    ) throws(Complaint) -> Value {
        let allowed = "must be a whole number from \(range.lowerBound) to \(range.upperBound)"
        guard case .integer(let number) = node else {
            throw Complaint("\(allowed), this is \(node.kind)")
        }
        guard let value = Value(exactly: number), range.contains(value) else { throw Complaint(allowed) }
        return value
    }

    static func choice<Value: RawRepresentable & CaseIterable>(
        _ node: TOMLNode, _ kind: Value.Type
    ) throws(Complaint) -> Value where Value.RawValue == String {
        let names = Value.allCases.map(\.rawValue)
        let allowed = "must be one of " + names.map { "\"\($0)\"" }.joined(separator: ", ")
        guard case .string(let text) = node else { throw Complaint("\(allowed); this is \(node.kind)") }
        if let value = Value(rawValue: text) { return value }
        throw Complaint(allowed, advice: NearestName.find(text, among: names).map { "Did you mean \"\($0)\"?" })
    }

    /// A time between advertisements, in centiseconds (RFC 9568 §5.2.7).
    static func interval(_ node: TOMLNode) throws(Complaint) -> UInt16 {
        let allowed = "must be 10 ms to 40.95 s in steps of 10 ms, such as \"20ms\" or \"1s\""
        guard case .string(let text) = node else {
            let advice =
                if case .integer(let number) = node { "Say the unit: \"\(number)ms\"." as String? } else {
                    nil as String?
                }
            throw Complaint("\(allowed); this is \(node.kind)", advice: advice)
        }
        guard let nanoseconds = DurationText.read(text)?.wholeNanoseconds else {
            throw Complaint("\(allowed); this is no duration")
        }
        guard nanoseconds % 10_000_000 == 0, let value = UInt16(exactly: nanoseconds / 10_000_000),
            (1...4095).contains(value)
        else { throw Complaint(allowed) }
        return value
    }

    /// A duration within a range.
    static func duration(_ node: TOMLNode, in range: ClosedRange<Duration>) throws(Complaint) -> Duration {
        let bounds = [range.lowerBound, range.upperBound].map(DurationText.write)
        let allowed = "must be a duration of \(bounds[0]) to \(bounds[1]), such as \"500ms\" or \"30s\""
        guard case .string(let text) = node else { throw Complaint("\(allowed); this is \(node.kind)") }
        guard let duration = DurationText.read(text) else { throw Complaint("\(allowed); this is no duration") }
        guard range.contains(duration) else { throw Complaint(allowed) }
        return duration
    }

    /// A program with its arguments, as a list of texts; an empty list is none.
    static func command(_ node: TOMLNode) throws(Complaint) -> [String] {
        let allowed =
            "must be a list of a program's path and its arguments, such as [\"/usr/local/bin/notify\", \"up\"]"
        guard case .array(let elements) = node else {
            throw Complaint("\(allowed); this is \(node.kind)", advice: "No shell reads it: quote each word by itself.")
        }
        var words: [String] = []
        for element in elements { words.append(words.isEmpty ? try path(element) : try text(element)) }
        guard words.allSatisfy({ !$0.utf8.contains(0) }) else { throw Complaint("\(allowed), without a zero byte") }
        return words
    }

    /// A key; what it says is never repeated in a message.
    static func key(_ node: TOMLNode) throws(Complaint) -> ClusterKey {
        guard case .string(let text) = node else {
            throw Complaint("must be a key in quotes, this is \(node.kind)", advice: "`bramble key new` makes one.")
        }
        if text.allSatisfy(\.isWhitespace) { throw Complaint("is empty", advice: "`bramble key new` makes one.") }
        do {
            return try ClusterKey(text)
        } catch {
            throw Complaint("\(error)")
        }
    }

    /// An absolute path.
    static func path(_ node: TOMLNode) throws(Complaint) -> String {
        let path = try text(node)
        guard path.hasPrefix("/") else { throw Complaint("must be an absolute path: one that begins with /") }
        guard path.utf8.count < 4096, !path.utf8.contains(0) else {
            throw Complaint("must be a path of at most 4095 bytes without a zero byte")
        }
        return path
    }

    /// The path of a socket, which the kernel keeps in 108 bytes with a zero at the end.
    static func socketPath(_ node: TOMLNode) throws(Complaint) -> String {
        let path = try path(node)
        guard path.utf8.count <= 107 else {
            throw Complaint(
                "must be at most 107 bytes long, the kernel's limit for sockets; these are \(path.utf8.count)")
        }
        return path
    }

    /// A node's name: it goes into HTTP headers and gossip.
    static func nodeName(_ node: TOMLNode) throws(Complaint) -> String {
        let name = try text(node)
        guard NodeName.isValid(name) else {
            throw Complaint(
                "must be 1 to 63 letters, digits, hyphens, dots or underscores, and begin with a letter or digit")
        }
        return name
    }

    static func interface(_ node: TOMLNode) throws(Complaint) -> String {
        let name = try text(node)
        guard (1...15).contains(name.utf8.count), name.utf8.allSatisfy({ $0 > 0x20 && $0 < 0x7F && $0 != 0x2F }) else {
            throw Complaint("must be an interface's name, such as \"eth0\": 1 to 15 characters, no blank, no slash")
        }
        return name
    }
}

/// The names that nodes have for people.
enum NodeName {
    static func isValid(_ name: String) -> Bool {
        guard (1...63).contains(name.utf8.count), let first = name.utf8.first else { return false }
        return isAlphanumeric(first) && name.utf8.allSatisfy { isAlphanumeric($0) || "-._".utf8.contains($0) }
    }

    /// A name made of the host's: whatever a name may not have is left out.
    static func from(hostName: String) -> String {
        let kept = hostName.utf8.filter { isAlphanumeric($0) || "-._".utf8.contains($0) }.drop { !isAlphanumeric($0) }
        return kept.isEmpty ? "node" : String(decoding: kept.prefix(63), as: UTF8.self)
    }

    private static func isAlphanumeric(_ byte: UInt8) -> Bool {
        let character = Character(UnicodeScalar(byte))
        return byte < 0x80 && (character.isLetter || character.isNumber)
    }
}
