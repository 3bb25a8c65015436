/// Reads the text of a manifest; see ``Manifest`` for the format. Paths and their order are checked by ``Manifest``.
struct ManifestDecoder {
    static let magic = "bramble-manifest"

    private var rest: ArraySlice<UInt8>
    private var line = 0

    init(_ text: [UInt8]) { rest = text[...] }

    mutating func entries() throws(ManifestError) -> [Manifest.Entry] {
        guard rest.count <= Manifest.maximumEncodedBytes else { throw ManifestError(line: 1, reason: .tooLarge) }
        let count = try header()
        var entries: [Manifest.Entry] = []
        entries.reserveCapacity(count)
        while !rest.isEmpty {
            guard entries.count < count else { throw ManifestError(line: line + 1, reason: .wrongCount) }
            entries.append(try entry())
        }
        guard entries.count == count else { throw error(.wrongCount) }
        return entries
    }

    private mutating func header() throws(ManifestError) -> Int {
        let fields = try nextLine().split(separator: UInt8(ascii: " "), omittingEmptySubsequences: false)
        guard let first = fields.first, first.elementsEqual(Self.magic.utf8) else { throw error(.badHeader) }
        guard fields.count >= 2, fields[1].elementsEqual("1".utf8) else { throw error(.unknownVersion) }
        guard fields.count == 4, fields[2].elementsEqual("entries".utf8), let count = number(fields[3]) else {
            throw error(.badHeader)
        }
        guard count <= UInt64(Manifest.maximumEntries) else { throw error(.tooManyEntries) }
        return Int(count)
    }

    private mutating func entry() throws(ManifestError) -> Manifest.Entry {
        let fields = try nextLine().split(
            separator: UInt8(ascii: " "), maxSplits: 2, omittingEmptySubsequences: false)
        guard fields.count == 3 else { throw error(.badLine) }
        guard let digest = Digest256(hexadecimal: fields[0]) else { throw error(.badHash) }
        guard let size = number(fields[1]), size <= UInt64(Int64.max) else { throw error(.badSize) }
        switch EscapedPath.unescape(fields[2]) {
        case .success(let path): return Manifest.Entry(path: path, object: ObjectID(digest), size: size)
        case .failure(let problem): throw error(problem.reason)
        }
    }

    private mutating func nextLine() throws(ManifestError) -> ArraySlice<UInt8> {
        line += 1
        guard let end = rest.firstIndex(of: UInt8(ascii: "\n")) else {
            throw error(line == 1 ? .badHeader : .badEnd)
        }
        defer { rest = rest[(end + 1)...] }
        return rest[..<end]
    }

    /// A decimal number in its one spelling: digits only, no leading zero.
    private func number(_ digits: ArraySlice<UInt8>) -> UInt64? {
        guard digits.allSatisfy({ (UInt8(ascii: "0")...UInt8(ascii: "9")).contains($0) }) else { return nil }
        guard digits.count == 1 || digits.first != UInt8(ascii: "0") else { return nil }
        return UInt64(String(decoding: digits, as: UTF8.self))
    }

    private func error(_ reason: ManifestError.Reason) -> ManifestError { ManifestError(line: line, reason: reason) }
}

/// The spelling of a path in a manifest: UTF-8 as it is, but what would break a line or mislead a reader's eye
/// (control characters, line separators, marks that turn the direction of writing) and the backslash are written byte
/// by byte as `\xx`, two lower-case hexadecimal digits.
enum EscapedPath {
    struct Problem: Error { let reason: ManifestError.Reason }

    static func escape(_ path: String) -> [UInt8] {
        var escaped: [UInt8] = []
        for scalar in path.unicodeScalars {
            let bytes = UTF8.encode(scalar) ?? UTF8.encodedReplacementCharacter
            guard isOdd(scalar) else {
                escaped.append(contentsOf: bytes)
                continue
            }
            for byte in bytes {
                escaped += [UInt8(ascii: "\\"), hexadecimalDigit(byte >> 4), hexadecimalDigit(byte & 0xF)]
            }
        }
        return escaped
    }

    static func unescape(_ text: ArraySlice<UInt8>) -> Result<String, Problem> {
        guard text.count <= 3 * Manifest.maximumPathBytes else { return .failure(Problem(reason: .pathTooLong)) }
        var bytes: [UInt8] = []
        var rest = text
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "\\") else {
                bytes.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(hexadecimalValue),
                let low = rest.popFirst().flatMap(hexadecimalValue)
            else { return .failure(Problem(reason: .badEscape)) }
            bytes.append(high << 4 | low)
        }
        guard let path = String(validating: bytes, as: UTF8.self) else { return .failure(Problem(reason: .notUTF8)) }
        // One path, one spelling: whatever escapes too much or too little is refused.
        guard text.elementsEqual(escape(path)) else { return .failure(Problem(reason: .badEscape)) }
        return .success(path)
    }

    // Fixed ranges and not Unicode properties: the same path must give the same bytes whatever built the program.
    private static func isOdd(_ scalar: Unicode.Scalar) -> Bool {
        switch scalar.value {
        case 0x00...0x1F, 0x5C, 0x7F...0x9F, 0x200E, 0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
        default: false
        }
    }
}
