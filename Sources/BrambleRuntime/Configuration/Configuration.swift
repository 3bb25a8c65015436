public import Wire

/// The settings of one node: what `bramble.toml` says, with a default for whatever it leaves out.
public struct Configuration: Hashable, Sendable {
    /// Whom the node belongs with, and how it finds them.
    public struct Cluster: Hashable, Sendable {
        /// The cluster's keys; nil if the file names none, and then the node pairs.
        public var keyring: Keyring?
        /// Whether nodes without a key are let in: while they are gathered, and later by a person's word.
        public var pairing = true
        /// The UDP port of gossip and election.
        public var port: UInt16 = 7373
        /// Addresses of nodes elsewhere, to be called beside those that discovery finds.
        public var peers: [SocketAddress] = []
        /// The names of the interfaces to gossip on; empty for every one that is fit for it.
        public var interfaces: [String] = []
        /// Whether datagrams go to `peers` alone: no broadcast, no multicast, as networks without either want it.
        public var unicastOnly = false
    }

    /// The node itself.
    public struct Local: Hashable, Sendable {
        /// The name that people read.
        public var name: String
        /// The directory of its identity, its boot counter, its peers and its store.
        public var data = "/var/lib/bramble"
        /// The path of its control socket.
        public var control = "/run/bramble/control.sock"
    }

    /// The floating addresses and how they are fought for.
    public struct Floating: Hashable, Sendable {
        /// How advertisements travel.
        public enum Mode: String, CaseIterable, Sendable {
            /// Sealed like gossip, so that nobody without the key can forge one.
            case sealed
            /// As IP protocol 112 (RFC 9568), so that keepalived or a router can be in the same group.
            case standard
        }

        /// What the checksum of a standard IPv4 advertisement covers.
        public enum Checksum: String, CaseIterable, Sendable {
            /// The message and a pseudo-header, as keepalived and FRR have it.
            case pseudoHeader = "pseudo_header"
            /// The message alone, by the letter of RFC 9568 §5.2.8.
            case message
        }

        /// How advertisements travel.
        public var mode = Mode.sealed
        /// The addresses; none if the nodes only find each other and serve, or if `isAutomatic`.
        public var addresses: [IPAddress] = []
        /// Whether the cluster asks the LAN's DHCP server for an address in its own name.
        public var isAutomatic = true
        /// The interface that the addresses belong on; nil for the one whose network they lie in.
        public var interface: String?
        /// The VRRP priority, 1 to 254 (RFC 9568 §5.2.4).
        public var priority: UInt8 = 100
        /// The time between advertisements, in centiseconds, 1 to 4095 (RFC 9568 §5.2.7).
        public var interval: UInt16 = 2
        /// Whether a node of a higher priority takes over from a healthy Active node.
        public var preempt = false
        /// How long a node of a higher priority waits after its start, or after a fault, before it takes over.
        public var preemptDelay = Duration.zero
        /// The VRID of the first address, 1 to 255 (RFC 9568 §5.2.3). In sealed mode each further address has the
        /// next; in standard mode the addresses of one IP version share it, as in keepalived.
        public var routerID: UInt8 = 51
        /// The form of the checksum that is sent in standard mode; both are accepted.
        public var checksum = Checksum.pseudoHeader
        /// Whether several addresses are spread over the healthy nodes.
        public var spread = true
        /// Whether the holder answers for the address with the virtual router's MAC address (RFC 9568 §7.3).
        public var virtualMAC = false
        /// Interfaces beside the address's own whose links the node must have, too.
        public var trackInterfaces: [String] = []
        /// What a lost link of a tracked interface takes from the priority; 0 if it rules the node out.
        public var trackWeight: UInt8 = 0

        /// Each address with the VRID of its virtual router.
        public var routers: [(address: IPAddress, routerID: UInt8)] {
            addresses.enumerated().map { index, address in
                (address, mode == .standard ? routerID : UInt8(clamping: Int(routerID) + index))
            }
        }

        /// The VRID of the address that a DHCP server gives: the one after those that are named; nil if none is asked.
        public var leasedRouterID: UInt8? {
            isAutomatic ? UInt8(clamping: Int(routerID) + addresses.count) : nil
        }
    }

    /// Programs of the user's that are run when this node's part changes. Each is a path and its arguments; empty for
    /// none. No shell reads them.
    public struct Hooks: Hashable, Sendable {
        /// Run when this node has become the leader of an address.
        public var onLeader: [String] = []
        /// Run when it waits behind another leader.
        public var onBackup: [String] = []
        /// Run when it can hold the address no more.
        public var onFault: [String] = []
        /// How long one may take before it is killed.
        public var deadline = Duration.seconds(10)
    }

    /// The site.
    public struct Site: Hashable, Sendable {
        /// The directory that becomes the site's release.
        public var directory = "/var/lib/bramble/site"
    }

    /// The web server.
    public struct HTTP: Hashable, Sendable {
        /// Its TCP port.
        public var port: UInt16 = 80
        /// The addresses that it listens on; empty for all.
        public var addresses: [IPAddress] = []
        /// How long requests in flight are given when the node is drained or stopped.
        public var drainTimeout = Duration.seconds(10)
    }

    /// The status lights.
    public struct Lights: Hashable, Sendable {
        /// What shows the signals.
        public enum Output: String, CaseIterable, Sendable {
            /// Wired lights if their lines are found, else the ACT light, else none.
            case auto
            /// Wired lights.
            case gpio
            /// The ACT light of the board.
            case act
            /// Coloured dots on the terminal.
            case terminal
            /// Nothing.
            case off
        }

        /// What shows the signals.
        public var output = Output.auto
    }

    /// The log.
    public struct Log: Hashable, Sendable {
        /// How much is written.
        public enum Level: String, CaseIterable, Sendable {
            case trace, debug, info, notice, warning, error, critical
        }

        /// The least important level that is written.
        public var level = Level.info
    }

    /// `[cluster]`
    public var cluster = Cluster()
    /// `[node]`
    public var node: Local
    /// `[floating]`
    public var floating = Floating()
    /// `[hooks]`
    public var hooks = Hooks()
    /// `[site]`
    public var site = Site()
    /// `[http]`
    public var http = HTTP()
    /// `[lights]`
    public var lights = Lights()
    /// `[log]`
    public var log = Log()

    /// The defaults, for a node of this name.
    public init(nodeName: String) { node = Local(name: nodeName) }
}
