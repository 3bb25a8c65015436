internal import CLinux
internal import Glibc

/// A file descriptor that has one owner and is closed when the owner goes away.
public struct Descriptor: ~Copyable, Sendable {
    /// The number that the kernel knows it by; valid as long as this value lives.
    public let number: Int32

    /// Takes over an open descriptor.
    public init(owning number: Int32) { self.number = number }

    /// Takes over the result of a call, or throws the call's error if it is negative.
    init(_ result: Int32, _ call: @autoclosure () -> String) throws(SystemError) {
        guard result >= 0 else {
            let code = errno
            throw SystemError(call: call(), code: code)
        }
        number = result
    }

    deinit { _ = close(number) }

    /// A socket that closes on exec; `type` may carry `SOCK_NONBLOCK`.
    static func socket(
        _ family: Int32, _ type: Int32, _ proto: Int32, _ purpose: String
    ) throws(SystemError) -> Descriptor {
        try Descriptor(CLinux.socket(family, type | Int32(SOCK_CLOEXEC.rawValue), proto), "open \(purpose)")
    }
}

/// Throws `call` with the current error number if `result` is negative.
func check(_ result: Int32, _ call: @autoclosure () -> String) throws(SystemError) {
    guard result < 0 else { return }
    let code = errno
    throw SystemError(call: call(), code: code)
}
