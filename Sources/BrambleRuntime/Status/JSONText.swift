internal import FoundationEssentials

/// JSON as it leaves and enters the process: sorted keys, no escaped slashes, one line unless asked otherwise.
public enum JSONText {
    /// The value as UTF-8.
    public static func encode(_ value: some Encodable, isPretty: Bool = false) throws -> [UInt8] {
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
        if isPretty { encoder.outputFormatting.insert(.prettyPrinted) }
        return Array(try encoder.encode(value))
    }

    /// The value as text.
    public static func text(_ value: some Encodable, isPretty: Bool = false) throws -> String {
        String(decoding: try encode(value, isPretty: isPretty), as: UTF8.self)
    }

    /// The value that these bytes stand for.
    public static func decode<Value: Decodable>(_ kind: Value.Type, from bytes: some Sequence<UInt8>) throws -> Value {
        try JSONDecoder().decode(kind, from: Data(bytes))
    }
}
