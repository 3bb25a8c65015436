internal import CLinux
internal import Glibc
public import Wire

/// Puts floating addresses on interfaces as a loan: what is not renewed, the kernel takes away.
///
/// A floating address is added alone (/32 or /128), so it makes no route and never becomes the source of other
/// traffic; an IPv6 one is deprecated from the start (RFC 4862 §5.5.4) and skips duplicate address detection,
/// because the election has decided whose it is.
public final class FloatingAddresses {
    private let socket: NetlinkSocket
    private var sequence: UInt32 = 0

    /// Opens the way to the kernel, in the calling thread's network namespace.
    public init() throws(SystemError) { socket = try NetlinkSocket() }

    /// Adds the address for so many seconds, or starts its seconds anew if it is there: nil, or why it was refused.
    ///
    /// An IPv4 address can be reached when this returns; an IPv6 one a moment later, as the kernel makes its route on
    /// another thread. Must not be an address that the machine has for itself (`Interface.isOwn`): an IPv6 one would be changed into a
    /// loan. The kernel counts whole seconds and takes the address away up to 0.25 s late (measured).
    public func claim(_ ip: IPAddress, on interface: UInt32, validFor seconds: UInt32) -> SystemError? {
        let flags = NLM_F_CREATE | NLM_F_REPLACE
        var request = header(RTM_NEWADDR, flags: flags, ip, interface)
        // struct ifa_cacheinfo: preferred, valid, created, updated. IPv4 has no use for a preferred lifetime.
        request.attribute(
            IFA_CACHEINFO, hostBytes(ip.isIPv4 ? seconds : 0) + hostBytes(seconds) + [UInt8](repeating: 0, count: 8))
        request.attribute(IFA_FLAGS, hostBytes(ip.isIPv4 ? 0 : UInt32(IFA_F_NODAD | IFA_F_NOPREFIXROUTE)))
        guard let code = send(request) else { return nil }
        return SystemError(
            call: "add the floating address \(ip) to interface \(interface)", code: code, advice: advice(for: code, ip))
    }

    /// Removes the address: nil, or why it is still there. An address or interface that is missing is no error.
    public func release(_ ip: IPAddress, on interface: UInt32) -> SystemError? {
        guard let code = send(header(RTM_DELADDR, flags: 0, ip, interface)) else { return nil }
        if code == EADDRNOTAVAIL || code == ENODEV { return nil }
        return SystemError(
            call: "remove the floating address \(ip) from interface \(interface)", code: code,
            advice: advice(for: code, ip))
    }

    /// struct ifaddrmsg and the address.
    private func header(_ type: Int, flags: Int32, _ ip: IPAddress, _ interface: UInt32) -> NetlinkRequest {
        var request = NetlinkRequest(type: Int32(type), flags: flags | NLM_F_ACK)
        request.append(UInt8(ip.isIPv4 ? AF_INET : AF_INET6))
        request.append(UInt8(ip.isIPv4 ? 32 : 128))
        request.append(UInt8(0))
        request.append(UInt8(RT_SCOPE_UNIVERSE.rawValue))
        request.append(interface)
        request.attribute(IFA_LOCAL, ip.bytes)
        request.attribute(IFA_ADDRESS, ip.bytes)
        return request
    }

    private func send(_ request: NetlinkRequest) -> Int32? {
        sequence &+= 1
        return socket.change(request, sequence: sequence)
    }

    private func hostBytes(_ value: UInt32) -> [UInt8] { withUnsafeBytes(of: value) { Array($0) } }

    private func advice(for code: Int32, _ ip: IPAddress) -> String? {
        switch code {
        case EPERM: "Run bramble as root, or give the service the capability CAP_NET_ADMIN."
        case EACCES where !ip.isIPv4, EOPNOTSUPP where !ip.isIPv4:
            "IPv6 is switched off on this interface (net.ipv6.conf.….disable_ipv6)."
        case ENODEV: "The interface is gone; the address returns when it does."
        default: nil
        }
    }
}
