import CLinux
import Glibc
import LinuxPlatform

/// Why tests of the kernel's network cannot run here; nil if they can.
let noNamespaces: String? = {
    if geteuid() != 0 { return "needs root: network namespaces" }
    return ["/usr/sbin/ip", "/sbin/ip", "/bin/ip"].contains { (path: String) in access(path, X_OK) == 0 }
        ? nil : "needs ip (iproute2)"
}()

/// A failure of the test's own surroundings.
struct SetUpFailure: Error, CustomStringConvertible {
    let description: String
}

/// Runs `body` on a thread of its own, in a new network namespace that ends with it; the process keeps its own.
func inNewNamespace<Value: Sendable>(_ body: @escaping @Sendable () throws -> Value) async throws -> Value {
    let thread = try NamedThread(name: "namespace") { () -> Result<Value, any Error> in
        Result {
            guard bramble_new_network_namespace() == 0 else { throw SetUpFailure(description: "unshare: \(errno)") }
            return try body()
        }
    }
    return try await thread.value().get()
}

/// Runs a shell script in the calling thread's namespace.
func shell(_ script: String) throws {
    var arguments: [UnsafeMutablePointer<CChar>?] =
        ["sh", "-ec", script].map { (text: String) in strdup(text) } + [nil]
    var environment: [UnsafeMutablePointer<CChar>?] = [strdup("PATH=/usr/sbin:/usr/bin:/sbin:/bin"), nil]
    defer { for text in arguments + environment { free(text) } }
    var process = pid_t()
    let code = posix_spawn(&process, "/bin/sh", nil, nil, &arguments, &environment)
    guard code == 0 else { throw SetUpFailure(description: "posix_spawn: \(code)") }
    var status: Int32 = 0
    while waitpid(process, &status, 0) < 0 && errno == EINTR {}
    guard status == 0 else { throw SetUpFailure(description: "status \(status): \(script)") }
}

/// Adds an IPv6 address and waits until it can be reached: the kernel acknowledges it first and makes its local route
/// a little later, on another thread.
func addIPv6(_ address: String, prefix: Int, to device: String) throws {
    try shell("ip -6 addr add \(address)/\(prefix) dev \(device) nodad")
    let isThere = eventually {
        (try? shell("ip -6 route show table local dev \(device) | grep -q '^local \(address) '")) != nil
    }
    guard isThere else { throw SetUpFailure(description: "no local route for \(address)") }
}

/// Two namespaces joined by a cable: in the left one its end is called `a`, in the right one `b`.
///
/// left: 192.0.2.1/24, fe80::1, 2001:db8::1/64 — right: 192.0.2.2/24, fe80::2, 2001:db8::2/64
final class Cable {
    enum End: Int { case left, right }

    private let namespaces: [HeldNamespace]

    /// To be made inside `inNewNamespace`; leaves the thread in the left namespace.
    ///
    /// `before` runs in the left namespace before its end gets addresses.
    init(before: String = "true") throws {
        let left = try HeldNamespace()
        guard bramble_new_network_namespace() == 0 else { throw SetUpFailure(description: "unshare: \(errno)") }
        let right = try HeldNamespace()
        namespaces = [left, right]
        try shell(
            "ip link add name a type veth peer name b; ip link set dev a netns /proc/\(getpid())/fd/\(left.number)")
        try Cable.setUp("b", 2)
        enter(.left)
        try shell("ip link set dev a addrgenmode none; ip link set dev a up; \(before)")
        try Cable.setUp("a", 1)
    }

    private static func setUp(_ device: String, _ number: Int) throws {
        try shell(
            """
            ip link set lo up
            ip link set dev \(device) addrgenmode none
            ip link set dev \(device) up
            ip addr add 192.0.2.\(number)/24 brd + dev \(device)
            """)
        for network in ["fe80", "2001:db8"] { try addIPv6("\(network)::\(number)", prefix: 64, to: device) }
    }

    func enter(_ end: End) { _ = bramble_enter_network_namespace(namespaces[end.rawValue].number) }

    /// Runs `body` at one end, and comes back to the left.
    func at<Value>(_ end: End, _ body: () throws -> Value) rethrows -> Value {
        enter(end)
        defer { enter(.left) }
        return try body()
    }
}

/// The calling thread's network namespace, held open.
final class HeldNamespace {
    let number: Int32

    init() throws {
        number = open("/proc/thread-self/ns/net", O_RDONLY | O_CLOEXEC)
        guard number >= 0 else { throw SetUpFailure(description: "open namespace: \(errno)") }
    }

    deinit { close(number) }
}

/// Waits for an outcome, and gives up only after ten seconds: the answer is whether it came.
func eventually(_ condition: () throws -> Bool) rethrows -> Bool {
    for _ in 0..<1000 {
        if try condition() { return true }
        usleep(10_000)
    }
    return false
}

/// Runs `body` at the left end of a new cable, which lasts until it returns.
func onCable<Value: Sendable>(
    before: String = "true", _ body: @escaping @Sendable (Cable) throws -> Value
) async throws -> Value {
    try await inNewNamespace {
        let cable = try Cable(before: before)
        return try withExtendedLifetime(cable) { try body(cable) }
    }
}

/// Takes every capability from the calling thread, and from no other. glibc has `capset` but declares it nowhere.
func dropCapabilities() throws {
    typealias Capset =
        @convention(c) (
            UnsafeMutablePointer<__user_cap_header_struct>, UnsafePointer<__user_cap_data_struct>
        ) -> Int32
    guard let symbol = dlsym(nil, "capset") else { throw SetUpFailure(description: "this libc has no capset") }
    let capset = unsafeBitCast(symbol, to: Capset.self)
    // _LINUX_CAPABILITY_VERSION_3
    var header = __user_cap_header_struct(version: 0x2008_0522, pid: 0)
    let none = [__user_cap_data_struct](repeating: __user_cap_data_struct(), count: 2)
    guard capset(&header, none) == 0 else { throw SetUpFailure(description: "capset: \(errno)") }
}

/// Sends two ARP frames that are none: one cut short, one for another protocol.
func sendGarbage(_ interface: Interface) {
    let number = socket(AF_PACKET, Int32(SOCK_RAW.rawValue), 0)
    defer { close(number) }
    let header = [UInt8](repeating: 0xFF, count: 6) + (interface.mac?.bytes ?? []) + [0x08, 0x06]
    for body in [[0, 1, 8, 0, 6, 4], [UInt8](repeating: 0xA5, count: 46)] {
        let frame = header + body
        _ = bramble_send_frame(number, frame, frame.count, interface.index)
    }
}
