internal import CLinux
internal import Glibc

/// An accepted connection that carries lines of text, without ever blocking.
public final class UnixConnection {
    /// What came in.
    public struct Received: Hashable, Sendable {
        /// Whole lines, without their ends.
        public var lines: [String] = []
        /// The other side will send no more; an unfinished last line is dropped.
        public var isFinished = false
    }

    /// The longest line that is taken (bytes).
    public static let longestLine = 4096
    /// How much may wait for a peer that does not read (bytes).
    public static let mostPending = 1 << 20

    private let socket: Descriptor
    private var partial: [UInt8] = []
    private var pending: ArraySlice<UInt8> = []

    init(_ socket: consuming Descriptor) { self.socket = socket }

    /// To be watched for reading, and for writing while `hasPending`.
    public var descriptor: Int32 { socket.number }

    /// Whether something waits for room: `flush` when the descriptor can be written.
    public var hasPending: Bool { !pending.isEmpty }

    /// The lines that have arrived. A line longer than `longestLine` is the error EMSGSIZE: close the connection.
    public func receive() throws(SystemError) -> Received {
        var received = Received()
        var buffer = [UInt8](repeating: 0, count: Self.longestLine)
        // A few buffers a turn: a peer that never stops writing does not keep the thread.
        for _ in 0..<4 {
            let count = recv(socket.number, &buffer, buffer.count, Int32(MSG_DONTWAIT))
            if count < 0 {
                if errno == EAGAIN || errno == EINTR { break }
                throw .current("read from the control socket")
            }
            guard count > 0 else {
                received.isFinished = true
                break
            }
            partial += buffer.prefix(count)
            received.lines += try LineBuffer.takeLines(from: &partial, longest: Self.longestLine)
        }
        return received
    }

    /// Sends text, as much as the other side takes now; the rest waits. More than `mostPending` is the error ENOBUFS.
    public func send(_ text: String) throws(SystemError) {
        guard pending.count + text.utf8.count <= Self.mostPending else {
            throw SystemError(call: "answer on the control socket", code: ENOBUFS)
        }
        pending.append(contentsOf: text.utf8)
        try flush()
    }

    /// Sends on what waits.
    public func flush() throws(SystemError) {
        while !pending.isEmpty {
            let count = pending.withUnsafeBytes {
                Glibc.send(socket.number, $0.baseAddress, $0.count, Int32(MSG_DONTWAIT | MSG_NOSIGNAL))
            }
            if count < 0 {
                if errno == EINTR { continue }
                if errno == EAGAIN { return }
                throw .current("answer on the control socket")
            }
            pending = pending.dropFirst(count)
        }
        pending = []
    }
}

/// Cuts lines out of bytes as they arrive.
enum LineBuffer {
    /// Takes the whole lines from the front of `bytes`; bytes that are no UTF-8 are repaired.
    static func takeLines(from bytes: inout [UInt8], longest: Int) throws(SystemError) -> [String] {
        let pieces = bytes.split(separator: 10, omittingEmptySubsequences: false)
        guard pieces.allSatisfy({ $0.count <= longest }) else {
            throw SystemError(call: "read a line of at most \(longest) bytes", code: EMSGSIZE)
        }
        bytes = pieces.last.map(Array.init) ?? []
        return pieces.dropLast().map { String(decoding: $0.last == 13 ? $0.dropLast() : $0, as: UTF8.self) }
    }
}
