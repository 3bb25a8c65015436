import Glibc

/// Signals that end a watch, or tell that the window has changed, as something to wait for.
///
/// A handler writes the signal's number into a pipe, which is all that a handler may safely do: the signal may reach any
/// thread of the process.
enum Interruption {
    private static let ends: (reading: Int32, writing: Int32) = {
        var ends: [Int32] = [-1, -1]
        guard pipe(&ends) == 0 else { return (-1, -1) }
        // A handler must not block, should nobody read.
        for end in ends { _ = fcntl(end, F_SETFL, O_NONBLOCK) }
        return (ends[0], ends[1])
    }()

    /// From now on these signals are waited for.
    static func listen() {
        // The pipe is made before the first signal can come.
        guard ends.writing >= 0 else { return }
        for number in [SIGINT, SIGTERM, SIGHUP, SIGWINCH] {
            var action = sigaction()
            action.__sigaction_handler.sa_handler = { number in
                let code = errno
                var byte = UInt8(truncatingIfNeeded: number)
                _ = write(Interruption.ends.writing, &byte, 1)
                errno = code
            }
            action.sa_flags = SA_RESTART
            sigaction(number, &action, nil)
        }
    }

    /// The signal that comes within this time; nil if none does.
    static func wait(milliseconds: Int32) -> Int32? {
        var watched = pollfd(fd: ends.reading, events: Int16(POLLIN), revents: 0)
        guard poll(&watched, 1, milliseconds) > 0 else { return nil }
        var byte: UInt8 = 0
        return read(ends.reading, &byte, 1) == 1 ? Int32(byte) : nil
    }
}
