internal import Glibc

/// The Pi's own ACT light, through the kernel's LED class.
///
/// While this object lives, the light no longer shows card accesses; when it goes, the earlier trigger is set again.
/// A process that hangs or ends without that leaves the light as it was, lit or dark, until the next one takes it.
public final class ActivityLight: LightOutput {
    private let directory: String
    private let trigger: String?
    private let bright: String
    private var isLit: Bool?

    /// Takes the light: `ACT`, or `led0` as older kernels call it, in the LED class `directory`.
    public init(directory: String = "/sys/class/leds") throws(SystemError) {
        guard let name = ["ACT", "led0"].first(where: { access("\(directory)/\($0)/brightness", F_OK) == 0 }) else {
            throw SystemError(
                call: "find the ACT light in \(directory)", code: ENOENT, advice: "This machine has none.")
        }
        self.directory = "\(directory)/\(name)"
        trigger = Self.selected(in: try SmallFile.read("\(self.directory)/trigger"))
        let most = (try? SmallFile.read("\(self.directory)/max_brightness")) ?? "1"
        bright = Int(most.prefix { $0.isNumber }).map(String.init) ?? "1"
        try SmallFile.write("none", to: "\(self.directory)/trigger")
        try show(false)
    }

    deinit {
        try? SmallFile.write("0", to: "\(directory)/brightness")
        if let trigger { try? SmallFile.write(trigger, to: "\(directory)/trigger") }
    }

    /// Shows `act`; the other lamps are not here.
    public func set(green: Bool, yellow: Bool, red: Bool, act: Bool) throws(SystemError) { try show(act) }

    private func show(_ lit: Bool) throws(SystemError) {
        guard lit != isLit else { return }
        try SmallFile.write(lit ? bright : "0", to: "\(directory)/brightness")
        isLit = lit
    }

    /// The kernel lists every trigger and puts the one in use into brackets.
    private static func selected(in list: String) -> String? {
        list.split(whereSeparator: \.isWhitespace).first { $0.hasPrefix("[") && $0.hasSuffix("]") }
            .map { String($0.dropFirst().dropLast()) }
    }
}
