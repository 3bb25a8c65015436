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
        let bytes = withUnsafeBytes(of: address) { Array($0) }
        switch Int32(family) {
        case AF_INET: return IPAddress(bytes: Array(bytes.prefix(4)))
        case AF_INET6: return IPAddress(bytes: bytes)
        default: return nil
        }
    }
}
