internal import Glibc

/// The lights as coloured dots on one line of a terminal.
public final class TerminalLights: LightOutput {
    private let descriptor: Int32
    private var shown: [Bool]?

    /// Draws on this descriptor, which stays the caller's (1 is standard output).
    public init(descriptor: Int32 = 1) { self.descriptor = descriptor }

    /// Draws the line anew if a lamp has changed; later, if the terminal takes nothing now.
    public func set(green: Bool, yellow: Bool, red: Bool, act: Bool) throws(SystemError) {
        let wanted = [green, yellow, red, act]
        guard wanted != shown, hasRoom else { return }
        let bytes = Array(Self.line(green: green, yellow: yellow, red: red, act: act).utf8)
        guard write(descriptor, bytes, bytes.count) == bytes.count else { throw .current("draw the lights") }
        shown = wanted
    }

    /// Whether a short line can be written without waiting: a terminal that someone has stopped must stop no thread.
    private var hasRoom: Bool {
        var room = pollfd(fd: descriptor, events: Int16(POLLOUT), revents: 0)
        return poll(&room, 1, 0) != 0
    }

    /// What is drawn: back to the start of the line, a dot a lamp (ECMA-48 colours), a ring for a dark one.
    public static func line(green: Bool, yellow: Bool, red: Bool, act: Bool) -> String {
        func lamp(_ lit: Bool, _ colour: Int) -> String { lit ? "\u{1B}[\(colour)m●" : "\u{1B}[90m○" }
        let lamps = [lamp(green, 92), lamp(yellow, 93), lamp(red, 91), lamp(act, 97)]
        return "\r" + lamps.joined(separator: " ") + "\u{1B}[0m\u{1B}[K"
    }
}
