internal import LinuxPlatform
internal import Wire

/// A hook that runs.
struct HookRun {
    let call: HookCall
    let child: ChildProcess
    let startedAt: Instant
    /// When it is asked to end, and then ended by force; nil when both have been done.
    private(set) var deadline: Instant?
    private var isLate = false
    private var output = HookOutput()
    private(set) var isSilent = false
    /// Whether the poller tells when it has ended; else it is looked after now and then.
    var isWatched = false

    /// How long a program that was asked to end may take to do so.
    static let grace = Duration.seconds(1)

    init(_ call: HookCall, _ child: ChildProcess, at now: Instant, deadline: Instant) {
        self.call = call
        self.child = child
        startedAt = now
        self.deadline = deadline
    }

    /// The lines that have come; a few thousand bytes at a time, so that one that prints without end stops no other.
    mutating func readLines() -> [String] {
        guard !isSilent else { return [] }
        guard let bytes = child.read() else {
            isSilent = true
            return []
        }
        return output.take(bytes)
    }

    /// The rest of its output, when it has ended.
    mutating func lastLines() -> [String] {
        var lines: [String] = []
        for _ in 0..<16 {
            let more = isSilent ? nil : child.read()
            guard let more, !more.isEmpty else { break }
            lines += output.take(more)
        }
        lines += output.finish()
        return output.leftOut > 0 ? lines + ["… and \(output.leftOut) lines more"] : lines
    }

    /// Asks it to end when its time is up, and a little later ends it.
    mutating func enforceDeadline(at now: Instant) {
        guard let due = deadline, due <= now else { return }
        child.end(byForce: isLate)
        deadline = isLate ? nil : now.advanced(by: Self.grace)
        isLate = true
    }

    /// How it ended; nil while it runs.
    func outcome() -> HookResult.Outcome? {
        guard let ending = child.ending(withRest: isLate) else { return nil }
        return isLate ? .timedOut : .init(ending)
    }
}

/// What the thread of the hooks has before it: what waits, what runs, and how to hear of either.
struct HookDesk {
    var queue = HookQueue()
    var runs: [HookRun] = []
    /// The ID of this node, as the last note gave it: it takes a new one when another has its own.
    var nodeID = ""
    private let poller: Poller

    private static let notes = Poller.Token(0)
    private static let children = Poller.Token(1)
    /// How often a child is looked after that the poller does not watch.
    private static let pause = Duration.milliseconds(20)

    init(wakeUp: WakeUp) throws(SystemError) {
        poller = try Poller()
        try poller.add(wakeUp.descriptor, token: Self.notes)
    }

    /// Watches over a run.
    mutating func take(_ run: HookRun) {
        var run = run
        let descriptors = [run.child.outputDescriptor, run.child.exitDescriptor].compactMap(\.self)
        let watched = descriptors.filter { (try? poller.add($0, token: Self.children)) != nil }
        run.isWatched = watched.count == 2
        runs.append(run)
    }

    /// A run has ended.
    mutating func end(_ index: Int) -> HookRun {
        let run = runs.remove(at: index)
        try? poller.remove(run.child.outputDescriptor)
        if let descriptor = run.child.exitDescriptor { try? poller.remove(descriptor) }
        queue.ended(run.call.address)
        return run
    }

    /// Waits until there is something to do.
    func wait() throws(SystemError) {
        for run in runs where run.isSilent { try? poller.remove(run.child.outputDescriptor) }
        let blind = runs.contains { !$0.isWatched }
        var due = runs.compactMap(\.deadline)
        if blind { due.append(MonotonicClock.now().advanced(by: Self.pause)) }
        _ = try poller.wait(until: due.min())
    }
}
