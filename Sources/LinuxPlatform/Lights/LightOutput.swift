/// Something that shows the status lights.
///
/// The caller decides what is lit at each moment, patterns included; an output only sets levels, and does nothing
/// when they are as they were. A level lasts until the next one: what stays lit while the process hangs, or after it was
/// killed, each output says of itself.
public protocol LightOutput {
    /// Lights or darkens each lamp: green (this node), yellow (the cluster), red (trouble), and the Pi's own ACT light.
    /// Lamps that the output does not have are passed over.
    func set(green: Bool, yellow: Bool, red: Bool, act: Bool) throws(SystemError)
}
