public import Membership
public import Wire

extension Node {
    /// What a node is told at its start.
    public struct Configuration: Sendable {
        /// How advertisements travel.
        public enum Mode: Sendable {
            /// Sealed like gossip.
            case sealed
            /// As packets of their own, so that others than nodes can be in the group (RFC 9568 §5.1).
            case standard
        }

        /// The name that people read.
        public var name: String
        /// The port of this node's web server.
        public var httpPort: UInt16
        /// The cluster's keys, as its file names them.
        public var keyring: Keyring
        /// The keys that are in force in place of those, since they were rotated.
        public var keyRing: KeyRing?
        /// The floating addresses of the cluster; the same on each node.
        public var floating: [FloatingAddress]
        /// The VRRP priority, 1 to 254 (RFC 9568 §5.2.4).
        public var priority: UInt8
        /// The time between advertisements in centiseconds, 1 to 4095 (RFC 9568 §5.2.7).
        public var interval: UInt16
        /// Whether a node of a higher priority takes over from a healthy Active node.
        public var preempt: Bool
        /// How advertisements travel.
        public var mode = Mode.sealed
        /// How long after its start a node of a higher priority lets a healthy Active node be.
        public var preemptDelay = Duration.zero
        /// Whether several addresses are spread over the nodes.
        public var spread = true
        /// Peers to call beside those that discovery finds.
        public var seeds: [SocketAddress]
        /// The timers of membership.
        public var membership: SWIM.Configuration

        /// What it needs to pair; nil where nobody without a key is let in.
        public var pairing: PairingSetup?

        /// The VRID of the address that the LAN's DHCP server is asked for; nil if it is not asked.
        public var leasedRouterID: UInt8?
        /// What an earlier run kept on disk of that address.
        public var rememberedLease: LeaseRecord?

        /// How long a node listens before it runs for Active: long enough to meet the peers of its LAN (a few
        /// milliseconds on a wire, some hundred on a busy radio), short enough that no one waits for the page.
        public var settling = Duration.milliseconds(500)
        /// The same for one without a key: the others on its network have to find out first which of them is the group's. Else
        /// each of them would lead for a moment.
        public var gathering = Duration.seconds(4)
        /// How long a node looks for others before its lights call it alone.
        public var joining = Duration.seconds(5)
        /// How long a stranger's answer for a floating address counts: beyond the lease of a holder that has just died,
        /// whose kernel answers to its end, and beyond the time between two probes.
        public var conflictMemory = Duration.seconds(3)
        /// How long the control plane of a holder may stand still and go on if nobody has taken over meanwhile: less than
        /// the lease that it renews.
        public var patience = Duration.milliseconds(700)
        /// How long a holder may be held up, whose machine gives signs of life: in sealed mode. Longer than a kernel usually
        /// keeps a real-time thread from running; no longer than it takes people to notice.
        public var allowance = Duration.milliseconds(50)
        /// How often the lease of a held address is renewed: a quarter of the shortest lease that the kernel knows.
        public var renewal = Duration.milliseconds(250)

        /// A configuration with the default timers.
        public init(
            name: String, httpPort: UInt16, keyring: Keyring, floating: [FloatingAddress], priority: UInt8 = 100,
            interval: UInt16 = 2, preempt: Bool = false, seeds: [SocketAddress] = [],
            membership: SWIM.Configuration = .lan
        ) {
            self.name = name
            self.httpPort = httpPort
            self.keyring = keyring
            self.floating = floating
            self.priority = priority
            self.interval = interval
            self.preempt = preempt
            self.seeds = seeds
            self.membership = membership
        }
    }
}
