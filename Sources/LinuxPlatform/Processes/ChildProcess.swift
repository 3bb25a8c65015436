internal import CLinux
internal import Glibc

/// A program of the user's that this process has started: in a session of its own, so that it can be ended with all that
/// it has started, and with no descriptor of ours but the way for its output.
///
/// It is started by `posix_spawn`, which copies no memory and takes no lock of ours along.
public final class ChildProcess {
    /// How a program ended.
    public enum Ending: Hashable, Sendable {
        /// By itself, with this code.
        case exited(Int32)
        /// By this signal.
        case signalled(Int32)
    }

    private let process: pid_t
    private let output: Descriptor
    private let exit: Descriptor?

    /// Starts `arguments[0]`, an absolute path, with the others as its arguments and `environment` as its whole
    /// environment ("NAME=value"). No shell reads them.
    ///
    /// Throws the error number of a program that is missing or cannot be executed, too.
    public init(_ arguments: [String], environment: [String]) throws(SystemError) {
        guard let path = arguments.first else {
            throw SystemError(call: "start a program without a name", code: EINVAL)
        }
        var ends: [Int32] = [-1, -1]
        try check(bramble_pipe(&ends), "make a pipe")
        let reading = Descriptor(owning: ends[0])
        let writing = Descriptor(owning: ends[1])
        _ = fcntl(reading.number, F_SETFL, O_NONBLOCK)
        var words: [UnsafeMutablePointer<CChar>?] = arguments.map { text in strdup(text) } + [nil]
        var variables: [UnsafeMutablePointer<CChar>?] = environment.map { text in strdup(text) } + [nil]
        defer { for text in words + variables { free(text) } }
        var started = pid_t()
        let code = bramble_spawn(&started, path, &words, &variables, writing.number)
        guard code == 0 else { throw SystemError(call: "start \(path)", code: code) }
        process = started
        output = reading
        let handle = bramble_pidfd(started)
        exit = handle >= 0 ? Descriptor(owning: handle) : nil
    }

    /// What it prints: to be watched for reading.
    public var outputDescriptor: Int32 { output.number }

    /// Becomes readable when it has ended; nil on kernels before 5.3, where `ending()` must be asked now and then.
    public var exitDescriptor: Int32? {
        switch exit {
        case .some(let exit): exit.number
        case .none: nil
        }
    }

    /// What it has printed since the last call, at most `limit` bytes; never blocks. Nil when nothing more will come.
    public func read(limit: Int = 4096) -> [UInt8]? {
        var buffer = [UInt8](repeating: 0, count: limit)
        let count = output.read(into: &buffer)
        if count > 0 { return Array(buffer.prefix(count)) }
        return count < 0 && (errno == EAGAIN || errno == EINTR) ? [] : nil
    }

    /// Asks it, and all that it has started and that has made no session of its own, to end (SIGTERM), or ends it
    /// (SIGKILL).
    public func end(byForce: Bool) { kill(-process, byForce ? SIGKILL : SIGTERM) }

    /// How it ended; nil while it runs. The kernel forgets it when this has said how it ended: to be asked no more then.
    /// - Parameter rest: whether what it has started and left is ended with it.
    public func ending(withRest rest: Bool = false) -> Ending? {
        guard bramble_has_ended(process) != 0 else { return nil }
        // Before it is reaped: afterwards the number of its group may be another's.
        if rest { end(byForce: true) }
        var code: Int32 = -1
        var signal: Int32 = -1
        switch bramble_reap(process, &code, &signal) {
        case 0: return nil
        case 1: return signal >= 0 ? .signalled(signal) : .exited(code)
        default: return .exited(-1)
        }
    }
}
