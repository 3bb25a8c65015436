internal import CLinux
internal import Glibc
public import Wire

/// Tells a link where a floating address is now, past the kernel's own caches (AF_PACKET).
public final class Announcer: Sendable {
    private let socket: Descriptor

    /// Opens a packet socket that only sends, in the calling thread's network namespace. Needs CAP_NET_RAW.
    public init() throws(SystemError) {
        do throws(SystemError) {
            // Protocol 0: the kernel hands this socket no packets.
            socket = try .socket(AF_PACKET, Int32(SOCK_RAW.rawValue | SOCK_NONBLOCK.rawValue), 0, "a packet socket")
        } catch {
            throw error.advising(error.code == EPERM ? rawSocketAdvice : nil)
        }
    }

    /// Says once that `ip` is at this interface: for IPv4 gratuitous ARP in both forms, for IPv6 an unsolicited
    /// neighbour advertisement. Nil, or why a frame could not be sent.
    public func announce(_ ip: IPAddress, on interface: Interface) -> SystemError? {
        guard let mac = interface.mac else { return noEthernet(ip, interface) }
        let frames: [[UInt8]] =
            switch ip {
            case .v4(let number):
                [ARPPacket.Operation.request, .reply].map {
                    EthernetFrame.broadcast(.announcement(of: number, at: mac, $0))
                }
            case .v6: NeighbourAdvertisement.frame(for: ip, at: mac).map { [$0] } ?? []
            }
        return send(frames, "announce \(ip) on \(interface.name)", interface)
    }

    /// Asks once whether anyone uses an IPv4 address (RFC 5227 §2.1.1); an `ARPWatcher` hears the answer.
    public func probe(_ ip: UInt32, on interface: Interface) -> SystemError? {
        guard let mac = interface.mac else { return noEthernet(.v4(ip), interface) }
        let frame = EthernetFrame.broadcast(.probe(for: ip, from: mac))
        return send([frame], "probe for \(IPAddress.v4(ip)) on \(interface.name)", interface)
    }

    /// Asks once whether anyone uses an IPv6 address, as duplicate address detection does (RFC 4862 §5.4.2); a
    /// `NeighbourWatcher` hears the answer. The nonce lets others tell whose question it is (RFC 7527 §4.1).
    public func solicit(_ ip: IPAddress, nonce: [UInt8], on interface: Interface) -> SystemError? {
        guard let mac = interface.mac else { return noEthernet(ip, interface) }
        let frame = NeighbourSolicitation.frame(for: ip, from: mac, nonce: nonce)
        return send(frame.map { [$0] } ?? [], "probe for \(ip) on \(interface.name)", interface)
    }

    private func send(_ frames: [[UInt8]], _ call: String, _ interface: Interface) -> SystemError? {
        var failure: SystemError?
        for frame in frames
        where bramble_send_frame(socket.number, frame, frame.count, interface.index) != frame.count {
            failure = failure ?? .current(call)
        }
        return failure
    }

    private func noEthernet(_ ip: IPAddress, _ interface: Interface) -> SystemError {
        SystemError(
            call: "announce \(ip) on \(interface.name)", code: EOPNOTSUPP, advice: "The interface is not Ethernet.")
    }
}

/// What to do where packet sockets are refused.
let rawSocketAdvice = "Run bramble as root, or give the service the capability CAP_NET_RAW."
