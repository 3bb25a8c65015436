internal import CGpiod
internal import Glibc

/// Three lamps on GPIO lines, through libgpiod.
///
/// The lines go low when this object, or the process, goes away (the kernel must be told so on a Pi: see the image).
public final class GPIOLights: LightOutput {
    private let green: Line
    private let yellow: Line
    private let red: Line

    /// Takes the three lines, dark. Each is found by its name from the device tree overlay or, failing that, as the
    /// BCM number on the chip that a Pi has.
    public init() throws(SystemError) {
        green = try Line(name: "bramble-green", offset: 17)
        yellow = try Line(name: "bramble-yellow", offset: 27)
        red = try Line(name: "bramble-red", offset: 22)
    }

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

    init(name: String, offset: UInt32) throws(SystemError) {
        self.name = name
        let consumer = "bramble"
        var taken = bramble_line_take(name, nil, offset, consumer)
        var code = errno
        for chip in GPIOLights.chips where taken == nil && code == ENOENT {
            taken = bramble_line_take(name, chip, offset, consumer)
            code = errno
        }
        guard let taken else { throw Line.refusal(name, offset, code) }
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

    private static func refusal(_ name: String, _ offset: UInt32, _ code: Int32) -> SystemError {
        let advice: String? =
            switch code {
            case ENOENT: "No GPIO chip has a line of this name, and none is a Raspberry Pi's."
            case EACCES, EPERM: "Add the service's user to the group gpio."
            case EBUSY: "Another program or driver holds it (`gpioinfo` names it): set [lights] output, or free GPIO \(offset)."
            default: nil
            }
        return SystemError(call: "take the GPIO line \(name)", code: code, advice: advice)
    }
}
