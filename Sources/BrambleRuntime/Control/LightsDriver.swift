internal import LinuxPlatform
internal import Logging
internal import NodeCore
internal import Wire

/// Drives whatever lights there are by the table of signals.
struct LightsDriver {
    private var controller: LightController
    private var output: (any LightOutput)?
    private var shown: LightController.Levels?
    private let logger: Logger
    /// What the lights are on: for the status.
    let name: String

    init(configuration: Configuration.Lights, facts: Facts, logger: Logger) {
        self.logger = logger
        controller = LightController(at: MonotonicClock.now())
        (output, name) = Self.open(configuration.output, facts: facts, logger: logger)
        let shown = name
        facts.update { $0.lights = shown }
        logger.info("status lights: \(name)")
    }

    /// Whether there are any that it drives.
    var isLit: Bool { output != nil }

    /// When the lights change next; nil without lights.
    var nextDeadline: Instant? { output == nil ? nil : controller.nextDeadline }

    /// Shows this signal from now on.
    mutating func show(_ signal: Signal, at now: Instant) { controller.show(signal, at: now) }

    /// Sets the lights as they should be now.
    mutating func drive(at now: Instant) {
        guard output != nil, let due = controller.nextDeadline, due <= now else { return }
        let levels = controller.levels(at: now)
        guard levels != shown else { return }
        shown = levels
        set(levels.lamps, act: levels.act)
    }

    /// Dark: this node is about to end.
    mutating func goDark() {
        set(Lamps(green: false, yellow: false, red: false), act: false)
        output = nil
    }

    private mutating func set(_ lamps: Lamps<Bool>, act: Bool) {
        guard let output else { return }
        do {
            try output.set(green: lamps.green, yellow: lamps.yellow, red: lamps.red, act: act)
        } catch {
            logger.warning("the status lights fail and are left alone from now on: \(error)")
            self.output = nil
        }
    }

    /// Opens what was asked for. `auto` takes lamps whose lines an overlay names, else the Pi's own
    /// light, else none: pins that nobody has named may carry something else. `gpio` takes them by number, too.
    private static func open(
        _ wanted: Configuration.Lights.Output, facts: Facts, logger: Logger
    ) -> ((any LightOutput)?, String) {
        do throws(SystemError) {
            switch wanted {
            case .off: return (nil, "off")
            case .terminal: return (TerminalLights(), "terminal")
            case .gpio: return (try GPIOLights(.namesOrNumbers), "gpio")
            case .act: return (try ActivityLight(), "act")
            case .auto: break
            }
        } catch {
            facts.update { $0.lightsProblem = "\(error)" }
            return (nil, wanted.rawValue)
        }
        if let lines = try? GPIOLights(.names) { return (lines, "gpio") }
        if let act = try? ActivityLight() { return (act, "act") }
        return (nil, "off")
    }
}
