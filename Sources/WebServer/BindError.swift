internal import Glibc
internal import NIOCore
public import Wire

/// Why the server can't listen.
public enum BindError: Error, Equatable, CustomStringConvertible {
    /// Another program listens on this port.
    case portInUse(Wire.SocketAddress)
    /// This process may not use this port.
    case notPermitted(Wire.SocketAddress)
    /// The system has no such addresses at all, as where IPv6 is off: one that is only not here yet can be listened on.
    case addressNotHere(Wire.SocketAddress)
    /// Anything else, with the system's words.
    case failed(Wire.SocketAddress, reason: String)

    init(_ error: any Error, at address: Wire.SocketAddress) {
        let code = (error as? IOError)?.errnoCode
        switch code {
        case EADDRINUSE: self = .portInUse(address)
        case EACCES, EPERM: self = .notPermitted(address)
        case EADDRNOTAVAIL: self = .addressNotHere(address)
        default: self = .failed(address, reason: "\(error)")
        }
    }

    /// What happened and what to do, for people.
    public var description: String {
        switch self {
        case .portInUse(let address):
            """
            Port \(address.port) is in use: another program listens on \(address). Find it with \
            `ss -ltnp 'sport = :\(address.port)'` and stop it, or set another `port` under [http].
            """
        case .notPermitted(let address):
            """
            No permission to listen on \(address). Ports below 1024 need root or the capability \
            CAP_NET_BIND_SERVICE (in the systemd unit: AmbientCapabilities=CAP_NET_BIND_SERVICE); or set another \
            `port` under [http], such as 8080.
            """
        case .addressNotHere(let address):
            """
            This machine cannot have the address \(address.ip). Correct `addresses` under [http], or leave it empty \
            to listen on all addresses.
            """
        case .failed(let address, let reason): "Can't listen on \(address): \(reason)."
        }
    }
}
