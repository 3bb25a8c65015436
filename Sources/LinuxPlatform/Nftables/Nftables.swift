internal import Glibc

/// The packet filter's own library, loaded when it is there: nobody need install it for the rest to work.
///
/// Each change is one transaction: all of it comes into force, or nothing. A table with the flag `owner` goes away with
/// this object, also when the process is killed, for the kernel ties it to this object's socket (Linux 5.12).
/// A change may take milliseconds: not to be called by a thread that must not wait. Belongs to the thread that made it.
public final class Nftables {
    /// Why the packet filter cannot be had, or what it says against a change.
    public struct Failure: Error, Hashable, Sendable, CustomStringConvertible {
        /// One line for people.
        public let description: String
    }

    private typealias Make = @convention(c) (UInt32) -> OpaquePointer?
    private typealias Free = @convention(c) (OpaquePointer) -> Void
    private typealias Buffer = @convention(c) (OpaquePointer) -> Int32
    private typealias Read = @convention(c) (OpaquePointer) -> UnsafePointer<CChar>?
    private typealias Run = @convention(c) (OpaquePointer, UnsafePointer<CChar>) -> Int32

    private let context: OpaquePointer
    private let free: Free
    private let runCommands: Run
    private let readOutput: Read
    private let readError: Read

    /// The name that Debian 12 and 13 have the library by (package libnftables1).
    public static let library = "libnftables.so.1"

    /// Loads the library; `library` is for tests.
    public init(library: String = Nftables.library) throws(Failure) {
        // It stays loaded: a library that has been used is not unloaded safely.
        guard let handle = dlopen(library, RTLD_NOW | RTLD_LOCAL) else {
            let reason = dlerror().map { String(cString: $0) } ?? library
            throw Failure(description: "the packet filter's library cannot be loaded: \(reason)")
        }
        func symbol<Function>(_ name: String, as type: Function.Type) throws(Failure) -> Function {
            guard let address = dlsym(handle, name) else {
                throw Failure(description: "\(library) has no \(name)")
            }
            return unsafeBitCast(address, to: type)
        }
        let make = try symbol("nft_ctx_new", as: Make.self)
        let bufferOutput = try symbol("nft_ctx_buffer_output", as: Buffer.self)
        let bufferError = try symbol("nft_ctx_buffer_error", as: Buffer.self)
        free = try symbol("nft_ctx_free", as: Free.self)
        runCommands = try symbol("nft_run_cmd_from_buffer", as: Run.self)
        readOutput = try symbol("nft_ctx_get_output_buffer", as: Read.self)
        readError = try symbol("nft_ctx_get_error_buffer", as: Read.self)
        guard let context = make(0) else { throw Failure(description: "\(library) does not start") }
        guard bufferOutput(context) == 0, bufferError(context) == 0 else {
            free(context)
            throw Failure(description: "\(library) has no room for its messages")
        }
        self.context = context
    }

    deinit { free(context) }

    /// Carries out commands in the language of nft(8), all or none, and returns what they print.
    @discardableResult
    public func run(_ commands: String) throws(Failure) -> String {
        let code = runCommands(context, commands)
        // Each buffer starts anew with the next run, and only when it has been read.
        let output = readOutput(context).map { String(cString: $0) } ?? ""
        let errors = readError(context).map { String(cString: $0) } ?? ""
        guard code == 0 else {
            let first = errors.split(separator: "\n").first.map(String.init) ?? "no reason was given"
            throw Failure(description: "the packet filter refused a change: \(first)")
        }
        return output
    }
}
