public import Wire

/// The settings of one node: what `bramble.toml` says, with a default for whatever it leaves out.
public struct Configuration: Hashable, Sendable {
    /// Whom the node belongs with, and how it finds them.
    public struct Cluster: Hashable, Sendable {
        /// The cluster's keys; nil if the file names none, and then the node talks to no other.
        public var keyring: Keyring?
        /// The UDP port of gossip and election.
        public var port: UInt16 = 7373
        /// Addresses of nodes elsewhere, to be called beside those that discovery finds.
        public var peers: [SocketAddress] = []
        /// The names of the interfaces to gossip on; empty for every one that is fit for it.
        public var interfaces: [String] = []
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
        /// The addresses; none if the nodes only find each other and serve.
        public var addresses: [IPAddress] = []
        /// The VRRP priority, 1 to 254 (RFC 9568 §5.2.4).
        public var priority: UInt8 = 100
        /// The time between advertisements, in centiseconds, 1 to 4095 (RFC 9568 §5.2.7).
        public var interval: UInt16 = 2
        /// Whether a node of a higher priority takes over from a healthy Active node.
        public var preempt = false
        /// The VRID of the first address, 1 to 255 (RFC 9568 §5.2.3); each further address has the next.
        public var routerID: UInt8 = 51

        /// Each address with the VRID of its virtual router.
        public var routers: [(address: IPAddress, routerID: UInt8)] {
            addresses.enumerated().map { ($1, UInt8(clamping: Int(routerID) + $0)) }
        }
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
