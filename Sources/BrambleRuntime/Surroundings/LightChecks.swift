/// Whether there is something to show signals with.
enum LightChecks {
    /// What there is: names in /dev, and names in /sys/class/leds.
    static func lights(
        _ output: Configuration.Lights.Output, devices: [String], leds: [String]
    ) -> Finding {
        let chips = devices.filter { $0.hasPrefix("gpiochip") }.sorted()
        let activity = leds.first { ["ACT", "led0", "default-on"].contains($0) }
        switch output {
        case .off: return .good("lights", "off")
        case .terminal: return .good("lights", "on the terminal that `bramble run` is started from")
        case .gpio:
            return chips.isEmpty
                ? missing(
                    "there is no GPIO chip in /dev", "Set [lights] output = \"auto\", or load the board's GPIO driver.")
                : .good("lights", "GPIO: \(chips.joined(separator: ", "))")
        case .act:
            return activity.map { .good("lights", "the board's own light, \($0)") }
                ?? missing("this board shows no ACT light in /sys/class/leds", "Set [lights] output = \"auto\".")
        case .auto:
            if let activity {
                return .good("lights", "the board's own light, \(activity), unless an overlay names wired lamps")
            }
            if !chips.isEmpty { return .good("lights", "wired lamps, if an overlay names their lines") }
            return missing(
                "no GPIO chip and no ACT light", "Fine on a machine without them: [lights] output = \"off\".")
        }
    }

    private static func missing(_ found: String, _ advice: String) -> Finding {
        .warning("lights", found, unaffected: "everything but the lights", advice: advice)
    }
}
