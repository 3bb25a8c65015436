public import Wire

/// The gateways by which this machine reaches other networks.
public enum DefaultGateway {
    /// Those of IPv4, as /proc/net/route lists them: hexadecimal, in the byte order of the machine.
    public static func all(in path: String = "/proc/thread-self/net/route") -> [IPAddress] {
        guard let text = try? SmallFile.read(path) else { return [] }
        return text.split(separator: "\n").dropFirst().compactMap { line in
            let fields = line.split(whereSeparator: { $0 == "\t" || $0 == " " })
            guard fields.count > 2, fields[1] == "00000000", let gateway = UInt32(fields[2], radix: 16), gateway != 0
            else { return nil }
            return .v4(UInt32(bigEndian: gateway))
        }
    }
}
