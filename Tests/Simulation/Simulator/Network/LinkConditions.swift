import Wire

/// What the way from one host to another does to datagrams. Probabilities are 0...1.
struct LinkConditions: Hashable, Sendable {
    /// The shortest time that a datagram takes.
    var delay: Duration = .microseconds(200)
    /// How much longer it may take, evenly distributed.
    var jitter: Duration = .zero
    /// How often one is lost.
    var loss: Double = 0
    /// How often one arrives twice.
    var duplication: Double = 0
    /// How often one is held back by `heldBack`, so that later ones overtake it.
    var reordering: Double = 0
    /// For how long such a one is held back.
    var heldBack: Duration = .milliseconds(20)
    /// How often one comes again much later, as from an attacker who recorded it.
    var replay: Double = 0
    /// How much later at most.
    var replayDelay: Duration = .seconds(10)
    /// How many may be under way at once; those beyond are lost.
    var capacity = 256

    /// A switched network as it should be.
    static let lan = LinkConditions()
    /// Wi-Fi on a bad day.
    static let rough = LinkConditions(
        delay: .microseconds(500), jitter: .milliseconds(4), loss: 0.03, duplication: 0.02, reordering: 0.02,
        heldBack: .milliseconds(8), replay: 0.005)
}

/// What really happened to datagrams and hosts. A scenario that is to show something asks whether it did happen.
struct FaultCounters: Hashable, Sendable {
    var sent = 0
    var delivered = 0
    var lost = 0
    var duplicated = 0
    /// Held up for longer than `longDelay`.
    var delayed = 0
    /// Held back, so that later ones overtake it.
    var heldBack = 0
    /// Delivered after one that was sent later on the same way.
    var reordered = 0
    var replayed = 0
    /// Lost because the way was cut.
    var cut = 0
    /// Lost on a way of which the other direction was open.
    var cutOneWay = 0
    /// Lost between two hosts that did not hear each other, nor a third that could have stood between.
    var cutInWhole = 0
    /// Lost between two hosts that could both reach a third.
    var cutInPart = 0
    /// Held back because the way was clogged.
    var clogged = 0
    /// Lost because too many were under way.
    var overflowed = 0
    /// Lost because the socket of a hung host was full.
    var unread = 0
    /// Sent to an address that no host has, or to a host that does not run.
    var undeliverable = 0
    var forged = 0
    var crashes = 0
    /// Those of them in which a process was killed, and nothing else happened.
    var kills = 0
    var hangs = 0
    var resumes = 0
    /// Lifelines that ended because a process did.
    var lifelinesEnded = 0
    /// Lifelines that broke although both processes ran on.
    var lifelinesBroken = 0
    var signsOfLife = 0
    var knocks = 0
    var restarts = 0
    var restartsWithoutDisk = 0
    var powerCuts = 0
    /// Hosts that started from a copy of another's card.
    var copies = 0
    /// How often a slow host got no processor.
    var stalls = 0
    var clockJumps = 0
    var moves = 0
    /// Processes that were asked to end, and did.
    var stops = 0
    var drains = 0
    var sicknesses = 0
    var rotations = 0
    var partitions = 0
    /// Addresses taken away by the kernel because no one renewed them.
    var leasesExpired = 0

    /// More than any way in order ever takes.
    static let longDelay = Duration.milliseconds(2)
}
