internal import CLinux
internal import Glibc

/// A netlink socket, and the two ways to use it: ask and be answered, or listen.
final class NetlinkSocket: Sendable {
    private let socket: Descriptor

    /// A socket that asks (`groups` 0), or hears of changes to the groups given as an RTMGRP mask.
    /// `protocol` is whom in the kernel it speaks to: by default, those who know links, addresses and neighbours.
    init(groups: UInt32 = 0, protocol: Int32 = NETLINK_ROUTE) throws(SystemError) {
        socket = try .socket(AF_NETLINK, Int32(SOCK_RAW.rawValue), `protocol`, "a netlink socket")
        try check(bramble_bind_netlink(socket.number, groups), "bind a netlink socket")
        // The kernel answers within the call; the limit only keeps a surprise from becoming a hang.
        var limit = timeval(tv_sec: 1, tv_usec: 0)
        setsockopt(socket.number, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        if groups != 0 { _ = bramble_set_option(socket.number, SOL_SOCKET, SO_RCVBUF, 1 << 18) }
    }

    var descriptor: Int32 { socket.number }

    /// Sends a change and waits for its acknowledgement: nil, or the error number that the kernel refused it with.
    func change(_ request: NetlinkRequest, sequence: UInt32) -> Int32? {
        let bytes = request.encoded(sequence: sequence)
        guard send(socket.number, bytes, bytes.count, 0) == bytes.count else { return errno }
        while true {
            switch receive(flags: 0) {
            case .failed(let code): return code
            case .messages(let messages):
                for message in messages where message.sequence == sequence && message.type == UInt16(NLMSG_ERROR) {
                    let code = message.payload.host(Int32.self, at: 0) ?? -EBADMSG
                    return code == 0 ? nil : -code
                }
            }
        }
    }

    /// Sends a question and collects the answers until the kernel says that there are no more.
    func dump(_ request: NetlinkRequest, sequence: UInt32, call: String) throws(SystemError) -> [NetlinkMessage] {
        let bytes = request.encoded(sequence: sequence)
        guard send(socket.number, bytes, bytes.count, 0) == bytes.count else { throw .current(call) }
        var answers: [NetlinkMessage] = []
        while true {
            switch receive(flags: 0) {
            case .failed(let code): throw SystemError(call: call, code: code)
            case .messages(let messages):
                for message in messages where message.sequence == sequence {
                    if message.type == UInt16(NLMSG_DONE) { return answers }
                    if message.type == UInt16(NLMSG_ERROR) {
                        throw SystemError(call: call, code: -(message.payload.host(Int32.self, at: 0) ?? -EBADMSG))
                    }
                    answers.append(message)
                }
            }
        }
    }

    enum Received {
        case messages([NetlinkMessage])
        case failed(Int32)
    }

    /// One datagram; what another process sent, and not the kernel, is an empty one.
    func receive(flags: Int32) -> Received {
        var buffer = [UInt8](repeating: 0, count: 32768)
        var sender: UInt32 = 0
        while true {
            let count = bramble_receive_netlink(socket.number, &buffer, buffer.count, flags, &sender)
            if count < 0 {
                if errno == EINTR { continue }
                return .failed(errno)
            }
            guard count <= buffer.count else { return .failed(EMSGSIZE) }
            return .messages(sender == 0 ? NetlinkMessage.all(in: Array(buffer.prefix(count))) : [])
        }
    }
}
