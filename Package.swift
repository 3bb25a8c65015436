// swift-tools-version:6.2
import PackageDescription

/// Every target of ours is built the same way: language mode 6, warnings are errors.
let strict: [SwiftSetting] = [
    .swiftLanguageMode(.v6),
    .treatAllWarnings(as: .error),
    .enableUpcomingFeature("ExistentialAny"),
    .enableUpcomingFeature("MemberImportVisibility"),
    .enableUpcomingFeature("InternalImportsByDefault"),
    .enableUpcomingFeature("NonisolatedNonsendingByDefault"),
    .enableUpcomingFeature("InferIsolatedConformances"),
]

/// The node's logic is optimized in debug builds too, with all its checks: the simulation runs it for hours of virtual time.
let simulated =
    strict + [.unsafeFlags(["-O", "-assert-config", "Debug"], .when(configuration: .debug))]

let crypto: Target.Dependency = .product(name: "Crypto", package: "swift-crypto")
let logging: Target.Dependency = .product(name: "Logging", package: "swift-log")
let lifecycle: Target.Dependency = .product(name: "ServiceLifecycle", package: "swift-service-lifecycle")
let signals: Target.Dependency = .product(name: "UnixSignals", package: "swift-service-lifecycle")
let nioCore: Target.Dependency = .product(name: "NIOCore", package: "swift-nio")
let nioPosix: Target.Dependency = .product(name: "NIOPosix", package: "swift-nio")

/// A target imports only what stands below it here: arrows point down.
let layers: [Target] = [
    .executableTarget(
        name: "bramble",
        dependencies: [
            "BrambleRuntime",
            .product(name: "ArgumentParser", package: "swift-argument-parser"),
        ],
        swiftSettings: strict),
    .target(
        name: "BrambleRuntime",
        dependencies: [
            "WebServer", "LinuxPlatform", "NodeCore", "Membership", "VRRP", "DHCP", "Releases", "Wire",
            logging, lifecycle, signals, .product(name: "TOMLKit", package: "TOMLKit"),
        ],
        swiftSettings: strict),
    .target(
        name: "WebServer",
        dependencies: ["Releases", "Wire", nioCore, nioPosix, lifecycle, logging],
        swiftSettings: strict),
    .target(
        name: "LinuxPlatform",
        dependencies: ["Wire", "CGpiod", "CSystemd", "CLinux"],
        swiftSettings: strict),
    .target(name: "NodeCore", dependencies: ["Membership", "VRRP", "DHCP", "Wire"], swiftSettings: simulated),
    .target(name: "Membership", dependencies: ["Wire"], swiftSettings: simulated),
    .target(name: "VRRP", dependencies: ["Wire"], swiftSettings: simulated),
    .target(name: "DHCP", dependencies: ["Wire"], swiftSettings: simulated),
    .target(name: "Releases", dependencies: ["Wire", crypto], swiftSettings: strict),
    .target(name: "Wire", dependencies: [crypto], swiftSettings: simulated),
    .systemLibrary(name: "CGpiod", pkgConfig: "libgpiod", providers: [.apt(["libgpiod-dev"])]),
    .systemLibrary(name: "CSystemd", pkgConfig: "libsystemd", providers: [.apt(["libsystemd-dev"])]),
    .systemLibrary(name: "CLinux"),
]

let tests: [Target] = [
    .testTarget(name: "WireTests", dependencies: ["Wire"], swiftSettings: strict),
    .testTarget(name: "VRRPTests", dependencies: ["VRRP", "Wire"], swiftSettings: strict),
    .testTarget(name: "DHCPTests", dependencies: ["DHCP", "Wire"], swiftSettings: strict),
    .testTarget(name: "MembershipTests", dependencies: ["Membership", "Wire"], swiftSettings: strict),
    .testTarget(name: "ReleasesTests", dependencies: ["Releases", "Wire"], swiftSettings: strict),
    .testTarget(
        name: "NodeCoreTests", dependencies: ["NodeCore", "Membership", "VRRP", "DHCP", "Wire"], swiftSettings: strict),
    .testTarget(name: "LinuxPlatformTests", dependencies: ["LinuxPlatform", "Wire"], swiftSettings: strict),
    .testTarget(
        name: "WebServerTests", dependencies: ["WebServer", "Releases", "Wire", nioCore, nioPosix, lifecycle, logging],
        swiftSettings: strict),
    .testTarget(
        name: "BrambleRuntimeTests", dependencies: ["BrambleRuntime", "NodeCore", "Membership", "DHCP", "Wire"],
        exclude: ["Configuration/Cases", "Status/Snapshots"], swiftSettings: strict),
    .testTarget(
        name: "Simulation", dependencies: ["Simulator", "NodeCore", "Membership", "VRRP", "Wire"],
        exclude: ["Simulator", "Command"], swiftSettings: simulated),
    .testTarget(name: "Conformance", dependencies: ["VRRP", "Wire"], swiftSettings: strict),
]

/// Whole nodes on a seeded network in virtual time: for the scenarios, and for `make simulate` and its curves.
let simulator: [Target] = [
    .target(
        name: "Simulator", dependencies: ["NodeCore", "Membership", "VRRP", "Wire"], path: "Tests/Simulation/Simulator",
        swiftSettings: simulated),
    .executableTarget(
        name: "simulate",
        dependencies: ["Simulator", .product(name: "ArgumentParser", package: "swift-argument-parser")],
        path: "Tests/Simulation/Command", swiftSettings: strict),
]

/// The decoders against hostile bytes. With BRAMBLE_FUZZ in the environment they are a program for libFuzzer
/// (`make fuzz`), and no other test is there; else they are tests that run the inputs which are kept.
let isFuzzing = Context.environment["BRAMBLE_FUZZ"] != nil
let decoders: [Target.Dependency] = [
    "BrambleRuntime", "WebServer", "LinuxPlatform", "NodeCore", "Membership", "VRRP", "DHCP", "Releases", "Wire",
]
let fuzzing: [Target] =
    isFuzzing
    ? [
        .executableTarget(
            name: "Fuzz", dependencies: decoders + ["CFuzzer"], path: "Tests/Fuzz",
            exclude: ["Cases", "Corpus", "dictionaries", "run"], sources: ["Targets", "Driver"],
            // The toolchain's usual linker, gold, fails at what the address sanitizer adds.
            swiftSettings: strict, linkerSettings: [.unsafeFlags(["-use-ld=lld"])]),
        .systemLibrary(name: "CFuzzer", path: "Tests/Fuzz/CFuzzer"),
    ]
    : [
        .testTarget(
            name: "Fuzz", dependencies: decoders, path: "Tests/Fuzz",
            exclude: ["CFuzzer", "Corpus", "Driver", "dictionaries", "run"], sources: ["Targets", "Cases"],
            swiftSettings: strict)
    ]

let package = Package(
    name: "bramble",
    products: [.executable(name: "bramble", targets: ["bramble"])],
    dependencies: [
        .package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2"),
        .package(url: "https://github.com/apple/swift-crypto", from: "4.5.2"),
        .package(url: "https://github.com/apple/swift-log", from: "1.16.2"),
        .package(url: "https://github.com/apple/swift-nio", from: "2.101.2"),
        .package(url: "https://github.com/swift-server/swift-service-lifecycle", from: "2.13.0"),
        .package(url: "https://github.com/LebJe/TOMLKit", from: "0.6.0"),
    ],
    targets: layers + (isFuzzing ? [] : simulator + tests) + fuzzing
)
