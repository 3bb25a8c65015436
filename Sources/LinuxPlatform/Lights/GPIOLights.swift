internal import CGpiod
internal import Glibc

/// Three lamps on GPIO lines, through libgpiod.
///
/// The lines go low when this object goes away. When the process ends without that, the kernel takes them back, and what
/// becomes of their level is the driver's affair: a Pi's own kernel keeps it unless `dtparam=strict_gpiod` is set. While
/// the process hangs, the last level stays in any case.
public final class GPIOLights: LightOutput {
    /// How the lines may be found.
    public enum Search: Hashable, Sendable {
        /// Only by the names that a device tree overlay gives them: then someone has wired lamps to them.
        case names
        /// By name or, failing that, as the BCM numbers 17, 27 and 22 on the chip that a Pi has, whatever is wired there.
        case namesOrNumbers
    }

    private let green: Line
    private let yellow: Line
    private let red: Line

    /// Takes the three lines, dark: `bramble-green`, `bramble-yellow` and `bramble-red`, each found as `search` says. The
    /// chips' device files are in `devices`.
    public init(_ search: Search, devices: String = "/dev") throws(SystemError) {
        green = try Line(devices, search, name: "bramble-green", offset: 17)
        yellow = try Line(devices, search, name: "bramble-yellow", offset: 27)
        red = try Line(devices, search, name: "bramble-red", offset: 22)
    }

    /// Sets the lines that have changed; the ACT light is not here.
    public func set(green: Bool, yellow: Bool, red: Bool, act: Bool) throws(SystemError) {
        try self.green.set(green)
        try self.yellow.set(yellow)
        try self.red.set(red)
    }

    /// The labels of the chips whose offsets are BCM numbers: Pi Zero to 3, Pi 4, Pi 5.
    fileprivate static let chips = ["pinctrl-bcm2835", "pinctrl-bcm2711", "pinctrl-rp1"]
}

/// One output line.
private final class Line {
    private let name: String
    private let line: UnsafeMutablePointer<bramble_line>
    private var isHigh = false

    init(_ devices: String, _ search: GPIOLights.Search, name: String, offset: UInt32) throws(SystemError) {
        self.name = name
        let chips = search == .namesOrNumbers ? GPIOLights.chips : []
        let consumer = "bramble"
        var taken = bramble_line_take(devices, name, nil, offset, consumer)
        var code = errno
        for chip in chips where taken == nil && code == ENOENT {
            taken = bramble_line_take(devices, name, chip, offset, consumer)
            code = errno
        }
        guard let taken else { throw Line.refusal(search, name, offset, code) }
        line = taken
    }

    deinit { bramble_line_release(line) }

    func set(_ high: Bool) throws(SystemError) {
        guard high != isHigh else { return }
        try check(high)
        isHigh = high
    }

    private func check(_ high: Bool) throws(SystemError) {
        guard bramble_line_set(line, high) != 0 else { return }
        throw .current("set the GPIO line \(name)")
    }

    private static func refusal(
        _ search: GPIOLights.Search, _ name: String, _ offset: UInt32, _ code: Int32
    ) -> SystemError {
        let advice: String? =
            switch code {
            case ENOENT where search == .names: "No GPIO chip has a line of this name."
            case ENOENT: "No GPIO chip has a line of this name, and none is a Raspberry Pi's."
            case EACCES, EPERM: "Add the service's user to the group gpio."
            case EBUSY:
                "Another program or driver holds it (`gpioinfo` names it): set [lights] output, or free GPIO \(offset)."
            default: nil
            }
        return SystemError(call: "take the GPIO line \(name)", code: code, advice: advice)
    }
}
