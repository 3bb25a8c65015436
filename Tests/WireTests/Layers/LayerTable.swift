/// What each target may import, from the top layer to the bottom one. A target may import every layer below its own,
/// except those named here, and the modules from outside that are named here.
struct Layer: Sendable {
    let name: String
    /// Whether its logic must be free of clocks, tasks and unseeded randomness.
    var isPure = false
    /// Layers below it that it must leave alone.
    var butNot: Set<String> = []
    /// Modules that are no layer of ours.
    var others: Set<String> = []

    static let table = [
        Layer(name: "bramble", others: ["ArgumentParser", "Glibc", "Logging"]),
        Layer(
            name: "BrambleRuntime",
            others: [
                "Crypto", "Foundation", "FoundationEssentials", "Glibc", "Logging", "ServiceLifecycle",
                "Synchronization", "TOMLKit", "UnixSignals",
            ]),
        Layer(
            name: "WebServer", butNot: ["LinuxPlatform"],
            others: [
                "Glibc", "Logging", "NIOConcurrencyHelpers", "NIOCore", "NIOHTTP1", "NIOPosix", "ServiceLifecycle",
                "Synchronization",
            ]),
        Layer(name: "LinuxPlatform", others: cModules.union(["Glibc", "Synchronization"])),
        Layer(name: "NodeCore", isPure: true),
        Layer(name: "Membership", isPure: true),
        Layer(name: "VRRP", isPure: true),
        Layer(name: "DHCP", isPure: true),
        Layer(name: "Releases", others: ["Crypto", "Glibc", "Synchronization"]),
        Layer(name: "Balancing", isPure: true),
        Layer(name: "Wire", isPure: true, others: ["Crypto", "Glibc"]),
    ]

    /// Headers only, for `LinuxPlatform` alone.
    static let cModules: Set<String> = ["CGpiod", "CLinux", "CSystemd"]

    /// The one place in a pure target where the system's random source is used: a key is made when a person asks.
    static let mayUseSystemRandomness: Set<String> = ["Sources/Wire/Sealing/ClusterKey.swift"]

    /// What the layer of this name may import; nil if there is no such layer.
    static func allowedImports(of name: String) -> Set<String>? {
        guard let index = table.firstIndex(where: { $0.name == name }) else { return nil }
        let below = Set(table[(index + 1)...].map(\.name))
        return below.subtracting(table[index].butNot).union(table[index].others)
    }

    static func isPure(_ name: String) -> Bool { table.contains { $0.name == name && $0.isPure } }
}
