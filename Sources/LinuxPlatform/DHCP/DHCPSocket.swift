internal import CLinux
internal import Glibc
internal import Wire

/// Speaks DHCP on one interface, for a client that is not the machine itself.
///
/// Frames come from an Ethernet address of the client's own, and the card is told to take frames for it as well, as a
/// macvlan would tell it. There is no interface for it that other programs would find and set up, and nothing to clean
/// up: the kernel forgets the address with the socket, however the process ends.
///
/// What comes in is filtered in the kernel: nothing but answers to this client wakes anyone.
public final class DHCPSocket {
    private let socket: Descriptor
    /// The index of the interface.
    public let interface: UInt32
    /// The Ethernet address that frames come from.
    public let hardwareAddress: MACAddress

    /// Opens a socket on an interface. `hardwareAddress` is the interface's own or another, which it then takes frames
    /// for, too. Needs CAP_NET_RAW.
    public init(on interface: Interface, hardwareAddress: MACAddress) throws(SystemError) {
        do throws(SystemError) {
            let type = Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue)
            // The protocol comes with the bind, after the filter, so nothing else gets in between.
            socket = try .socket(AF_PACKET, type, 0, "a packet socket for DHCP")
        } catch {
            throw error.advising(error.code == EPERM ? rawSocketAdvice : nil)
        }
        self.interface = interface.index
        self.hardwareAddress = hardwareAddress
        try check(bramble_filter_dhcp(socket.number, hardwareAddress.bytes), "filter what is not DHCP")
        _ = bramble_want_auxiliary_data(socket.number)
        if hardwareAddress != interface.mac {
            try check(
                bramble_add_hardware_address(socket.number, interface.index, hardwareAddress.bytes),
                "have \(interface.name) take frames for \(hardwareAddress)")
        }
        try check(
            bramble_bind_packet(socket.number, EtherType.ipv4, interface.index), "listen to DHCP on \(interface.name)")
    }

    /// To be watched for reading.
    public var descriptor: Int32 { socket.number }

    /// Sends a message to everyone, from no address.
    public func broadcast(_ message: [UInt8]) -> SystemError? {
        send(DHCPFrame.request(message, from: hardwareAddress))
    }

    /// Sends a message to a server, from an address that this machine holds. A server whose Ethernet address is not
    /// known is sent it by broadcast.
    public func send(_ message: [UInt8], from source: UInt32, to server: UInt32, at mac: MACAddress?) -> SystemError? {
        send(
            DHCPFrame.request(
                message, from: hardwareAddress, to: mac ?? .broadcast, sourceIP: source, destinationIP: server))
    }

    private func send(_ frame: [UInt8]) -> SystemError? {
        let sent = bramble_send_frame(socket.number, frame, frame.count, interface)
        return sent == frame.count ? nil : .current("send DHCP on interface \(interface)")
    }

    /// The messages since the last call, at most `limit` of them; never blocks. What is no DHCP is left out.
    public func drain(limit: Int = 16) -> [DHCPFrame] {
        var frames: [DHCPFrame] = []
        var buffer = [UInt8](repeating: 0, count: 2048)
        for _ in 0..<limit {
            var isUnfinished: Int32 = 0
            let count = bramble_receive_frame(socket.number, &buffer, buffer.count, &isUnfinished)
            guard count >= 0 else { break }
            guard count <= buffer.count else { continue }
            let bytes = Array(buffer.prefix(count))
            if let frame = try? DHCPFrame(decoding: bytes, isUnfinished: isUnfinished != 0) { frames.append(frame) }
        }
        return frames
    }
}
