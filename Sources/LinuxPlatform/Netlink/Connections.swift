internal import CLinux
internal import Glibc
public import Wire

/// The TCP connections of this machine, as the kernel knows them: those of other programs, too, and those that a program
/// has closed while the last of its data is still on the way.
public enum Connections {
    /// The clients' ends of the connections to each of these local addresses that are not through yet. Connections in
    /// which only the other side's good-bye is missing (FIN-WAIT-2, TIME-WAIT) do not count.
    public static func underWay(to addresses: Set<IPAddress>) throws(SystemError) -> [IPAddress: [SocketAddress]] {
        let socket = try NetlinkSocket(protocol: NETLINK_SOCK_DIAG)
        var found: [IPAddress: [SocketAddress]] = [:]
        // A socket that takes both kinds has its IPv4 connections in the list of IPv6 ones.
        for family in [AF_INET, AF_INET6] {
            for message in try socket.dump(question(family), sequence: 1, call: "list the connections") {
                guard let (local, peer) = ends(message), addresses.contains(local) else { continue }
                found[local, default: []].append(peer)
            }
        }
        return found
    }

    /// struct inet_diag_req_v2 (linux/inet_diag.h).
    private static func question(_ family: Int32) -> NetlinkRequest {
        var request = NetlinkRequest(type: 20, flags: NLM_F_DUMP_VALUE)
        request.append(UInt8(family))
        request.append(UInt8(IPPROTO_TCP))
        request.append(UInt16(0))
        request.append(states)
        for _ in 0..<12 { request.append(UInt32(0)) }
        return request
    }

    /// By their numbers in linux/tcp_states.h: ESTABLISHED, SYN-RECEIVED, FIN-WAIT-1, CLOSE-WAIT, LAST-ACK, CLOSING,
    /// NEW-SYN-RECEIVED.
    private static let states = [1, 3, 4, 8, 9, 11, 12].reduce(UInt32(0)) { $0 | 1 << $1 }

    /// Reads the two ends from struct inet_diag_msg: ports at 4 and 6, addresses at 8 and 24.
    private static func ends(_ message: NetlinkMessage) -> (local: IPAddress, peer: SocketAddress)? {
        let payload = Array(message.payload)
        guard payload.count >= 40 else { return nil }
        let isIPv4 = payload[0] == UInt8(AF_INET)
        guard let local = address(payload[8..<24], isIPv4: isIPv4), let peer = address(payload[24..<40], isIPv4: isIPv4)
        else { return nil }
        return (local, SocketAddress(ip: peer, port: UInt16(payload[6]) << 8 | UInt16(payload[7])))
    }

    private static func address(_ bytes: ArraySlice<UInt8>, isIPv4: Bool) -> IPAddress? {
        if isIPv4 { return IPAddress(bytes: Array(bytes.prefix(4))) }
        // RFC 4291 §2.5.5.2
        let isMapped = bytes.prefix(12).elementsEqual([0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF])
        return IPAddress(bytes: Array(isMapped ? bytes.suffix(4) : bytes))
    }
}
