internal import Glibc
internal import LinuxPlatform
internal import Wire

/// What a daemon that was killed has left on the interfaces.
///
/// The kernel ends the lease of an address by itself, but not before a node that starts again could have told the LAN two
/// stories; an interface with a virtual MAC address has no such end.
public enum Leftovers {
    /// Why nothing was removed.
    public enum Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// The daemon has them in use.
        case daemonRuns
        /// Which addresses float is not known.
        case configuration([ConfigurationProblem])

        /// What happened, what is unaffected, and what to do.
        public var description: String {
            switch self {
            case .daemonRuns:
                "a bramble runs here, and what is on the interfaces is in use; nothing was changed. It takes it away itself "
                    + "when it is stopped: systemctl stop bramble"
            case .configuration(let problems):
                "which addresses float is not known, so none was removed; each ends by itself within a second.\n"
                    + problems.map(\.description).joined(separator: "\n")
            }
        }
    }

    /// An address that may have been left, on the interface where it is.
    struct Address: Hashable {
        let ip: IPAddress
        let interface: Interface
    }

    /// Those of these addresses that are on an interface as the daemon puts them there, alone in their network.
    static func addresses(_ floating: Set<IPAddress>, in present: [Interface]) -> [Address] {
        present.flatMap { interface in
            interface.addresses.filter { $0.isHost && floating.contains($0.ip) }
                .map { Address(ip: $0.ip, interface: interface) }
        }
    }

    /// Removes what is left, after the end of the daemon that has this configuration file. Answers a line for each thing
    /// that was removed, or could not be.
    public static func remove(by file: ConfigurationFile) throws -> [String] {
        let reading = file.read()
        guard let configuration = reading.configuration else { throw Refusal.configuration(reading.problems) }
        guard isDead(reading.control) else { throw Refusal.daemonRuns }
        let leased = NodeFiles(directory: configuration.node.data).leasedAddress()
        let floating = Set(configuration.floating.addresses + [leased].compactMap { $0 })
        let present = try InterfaceList.current()
        return try removeAddresses(floating, present) + removeVirtualMACs(present)
    }

    /// Whether nobody listens at a control socket. One that listens and does not answer may be busy, and have an address.
    private static func isDead(_ path: String) -> Bool {
        do throws(SystemError) {
            _ = try UnixClient(path: path, timeout: .seconds(1))
            return false
        } catch {
            return error.code == ENOENT || error.code == ECONNREFUSED
        }
    }

    private static func removeAddresses(_ floating: Set<IPAddress>, _ present: [Interface]) throws -> [String] {
        let left = addresses(floating, in: present)
        guard !left.isEmpty else { return [] }
        let kernel = try FloatingAddresses()
        return left.map { address in
            kernel.release(address.ip, on: address.interface.index).map(\.description)
                ?? "removed \(address.ip) from \(address.interface.name)"
        }
    }

    private static func removeVirtualMACs(_ present: [Interface]) throws -> [String] {
        let left = present.filter(VirtualMACs.isVirtual)
        guard !left.isEmpty else { return [] }
        var all = try VirtualMACs()
        let errors = all.removeAll(left)
        return errors.isEmpty ? left.map { "removed the interface \($0.name)" } : errors.map(\.description)
    }
}
