public import Wire

/// Turns the signal that is shown into levels of lights over time. No output, no clock: the control loop asks for the
/// levels when `nextDeadline` has come, and drives whatever lights there are.
public struct LightController: Hashable, Sendable {
    /// Which lights are lit.
    public struct Levels: Hashable, Sendable {
        /// The three lights of the default wiring.
        public let lamps: Lamps<Bool>
        /// The ACT light, for a board with nothing wired.
        public let act: Bool
    }

    /// What is shown.
    public private(set) var signal: Signal
    /// Since when it is shown: its patterns begin here.
    public private(set) var since: Instant
    /// When to ask for the levels again; nil if they never change by themselves. At once after a new signal.
    public private(set) var nextDeadline: Instant?

    /// Shows `signal` from `now` on.
    public init(_ signal: Signal = .starting, at now: Instant) {
        self.signal = signal
        since = now
        nextDeadline = now
    }

    /// Shows `signal` from `now` on. If it is shown already, its patterns go on undisturbed.
    public mutating func show(_ signal: Signal, at now: Instant) {
        guard signal != self.signal else { return }
        self = LightController(signal, at: now)
    }

    /// The levels now, however late it is asked; sets `nextDeadline` to the next change.
    public mutating func levels(at now: Instant) -> Levels {
        let row = SignalTable.row(signal)
        let time = since.duration(to: now)
        let patterns = [row.lamps.green, row.lamps.yellow, row.lamps.red, row.act]
        nextDeadline = patterns.compactMap { $0.nextChange(after: time) }.min().map { since.advanced(by: $0) }
        return Levels(
            lamps: Lamps(
                green: row.lamps.green.level(at: time), yellow: row.lamps.yellow.level(at: time),
                red: row.lamps.red.level(at: time)),
            act: row.act.level(at: time))
    }
}
