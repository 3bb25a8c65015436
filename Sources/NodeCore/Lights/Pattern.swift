internal import Wire

/// How a light behaves over time. Times count from when the signal began to be shown.
public struct Pattern: Hashable, Sendable {
    /// A stretch in which the light doesn't change.
    public struct Step: Hashable, Sendable {
        /// Whether it is lit.
        public let isOn: Bool
        /// For how long, in milliseconds.
        public let milliseconds: Int64
    }

    /// What the pattern is called in the table.
    public let name: String
    /// The stretches of one round, which repeats for ever. One stretch alone never changes.
    public let steps: [Step]

    private init(_ name: String, on steps: Int64...) {
        self.name = name
        self.steps = steps.enumerated().map { Step(isOn: $0.offset.isMultiple(of: 2), milliseconds: $0.element) }
    }

    private init(_ name: String, steps: [Step]) {
        self.name = name
        self.steps = steps
    }

    /// Dark.
    public static let off = Pattern("off", steps: [Step(isOn: false, milliseconds: 1000)])
    /// Lit without a change.
    public static let steady = Pattern("steady", on: 1000)
    /// On and off once a second: something is going on, no hurry.
    public static let slow = Pattern("slow blink", on: 500, 500)
    /// On and off four times a second: look here.
    public static let fast = Pattern("fast blink", on: 125, 125)
    /// Two short flashes and a long pause: a heartbeat.
    public static let heartbeat = Pattern("heartbeat", on: 100, 150, 100, 1050)
    /// Three short flashes and a long pause: a heart that stumbles.
    public static let limp = Pattern("limping heartbeat", on: 100, 150, 100, 150, 100, 1050)
    /// Lit for two seconds, dark for two.
    public static let long = Pattern("long blink", on: 2000, 2000)
    /// Lit, with a short dark moment every two seconds.
    public static let wink = Pattern("wink", on: 1800, 200)

    /// Lit, with two short dark moments every two seconds.
    public static let doubleWink = Pattern("double wink", on: 1400, 200, 200, 200)

    /// A number to be counted: this many flashes, then a pause that can't be taken for one between flashes.
    public static func flashes(_ count: Int) -> Pattern {
        let flash = [Step(isOn: true, milliseconds: 200), Step(isOn: false, milliseconds: 300)]
        let row = Array(repeating: flash, count: max(count, 1)).flatMap { $0 }.dropLast()
        let name = count == 1 ? "1 flash" : "\(count) flashes"
        return Pattern(name, steps: row + [Step(isOn: false, milliseconds: 1800)])
    }

    /// Whether the light is lit this long after the signal began.
    public func level(at time: Duration) -> Bool { position(at: time).step.isOn }

    /// When, after the signal began, the light changes next; nil if never.
    public func nextChange(after time: Duration) -> Duration? {
        guard steps.count > 1 else { return nil }
        return .nanoseconds(position(at: time).end)
    }

    /// The step at `time`, and when it ends in nanoseconds.
    private func position(at time: Duration) -> (step: Step, end: Int64) {
        let now = max(time.wholeNanoseconds, 0)
        let round = steps.reduce(0) { $0 + $1.milliseconds } * 1_000_000
        var end = now - now % round
        for step in steps {
            end += step.milliseconds * 1_000_000
            if now < end { return (step, end) }
        }
        return (steps[0], end)
    }
}
