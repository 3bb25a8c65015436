internal import CLinux
internal import Glibc
internal import Wire

extension bramble_endpoint {
    /// An endpoint for the C side; the interface counts for IPv6 link scope and for `origin`.
    init(_ ip: IPAddress, port: UInt16 = 0, interface: UInt32 = 0) {
        self.init()
        family = UInt16(ip.isIPv4 ? AF_INET : AF_INET6)
        self.port = port
        self.interface = interface
        withUnsafeMutableBytes(of: &address) { $0.copyBytes(from: ip.bytes) }
    }

    /// The address, if the family is one of the two.
    var ip: IPAddress? {
        withUnsafeBytes(of: address) { bytes in
            func number<Integer: FixedWidthInteger>(at offset: Int) -> Integer {
                Integer(bigEndian: bytes.loadUnaligned(fromByteOffset: offset, as: Integer.self))
            }
            return switch Int32(family) {
            case AF_INET: .v4(number(at: 0))
            case AF_INET6: .v6(number(at: 0), number(at: 8))
            default: nil
            }
        }
    }
}
