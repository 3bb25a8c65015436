internal import CLinux
public import Wire

/// What the kernel knows of the hardware addresses of other machines on a link.
public enum Neighbours {
    /// The hardware address of `ip` on the interface with this index; nil if the kernel knows none.
    public static func mac(of ip: IPAddress, on interface: UInt32) throws(SystemError) -> MACAddress? {
        let socket = try NetlinkSocket()
        // struct ndmsg; older kernels list all interfaces, whatever it names.
        var request = NetlinkRequest(type: Int32(RTM_GETNEIGH), flags: NLM_F_DUMP_VALUE)
        request.append(UInt8(ip.isIPv4 ? AF_INET : AF_INET6))
        for _ in 0..<3 { request.append(UInt8(0)) }
        request.append(interface)
        request.append(UInt32(0))
        for message in try socket.dump(request, sequence: 1, call: "list the neighbours") {
            guard message.type == UInt16(RTM_NEWNEIGH), message.payload.host(UInt32.self, at: 4) == interface else {
                continue
            }
            let attributes = message.attributes(after: 12)
            guard attributes[UInt16(NDA_DST)].map({ Array($0) }) == ip.bytes else { continue }
            return attributes[UInt16(NDA_LLADDR)].flatMap { MACAddress(bytes: Array($0)) }
        }
        return nil
    }
}
