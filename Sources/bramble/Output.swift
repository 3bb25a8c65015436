import ArgumentParser
import BrambleRuntime
import Glibc

/// Writing to the standard output and error, unbuffered.
enum Output {
    static func write(_ text: String, to descriptor: Int32 = STDOUT_FILENO) {
        var rest = Array(text.utf8)[...]
        while !rest.isEmpty {
            let count = rest.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
            if count < 0 && errno != EINTR { return }
            rest = rest.dropFirst(max(0, count))
        }
    }

    /// A line as it is.
    static func line(_ text: String) { write(text + "\n") }

    /// Words for people.
    static func say(_ text: String) { line(TerminalShape.text(text, for: STDOUT_FILENO)) }

    static func note(_ text: String) {
        write(TerminalShape.text(text, for: STDERR_FILENO) + "\n", to: STDERR_FILENO)
    }

    /// Says what went wrong, and ends with this code.
    static func failure(_ error: some Error, code: Int32 = 1) -> ExitCode {
        note("bramble: \(error)")
        return ExitCode(code)
    }
}
