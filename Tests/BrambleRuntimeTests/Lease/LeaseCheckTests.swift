import DHCP
import NodeCore
import Testing
import Wire

@testable import BrambleRuntime
@testable import LinuxPlatform

@Suite("Where an address is asked for, and whether it would be given")
struct LeaseCheckTests {
    private static func interface(
        _ index: UInt32, _ name: String, _ addresses: [(String, Int)], isRunning: Bool = true, hasMAC: Bool = true
    ) -> Interface {
        Interface(
            index: index, name: name, mac: hasMAC ? MACAddress(bytes: [2, 0, 0, 0, 0, UInt8(index)]) : nil,
            isRunning: isRunning,
            addresses: addresses.compactMap { text, prefix in
                IPAddress(text).map { Interface.Address(ip: $0, prefix: prefix) }
            })
    }

    @Test("the interface has a link, an Ethernet address and an IPv4 network; the first of several is taken")
    func chooses() {
        let unfit = [
            Self.interface(2, "nolink0", [("10.0.0.1", 24)], isRunning: false),
            Self.interface(3, "noeth0", [("10.0.0.1", 24)], hasMAC: false),
            Self.interface(4, "noaddr0", []), Self.interface(5, "six0", [("2001:db8::1", 64)]),
            Self.interface(6, "host0", [("10.0.0.1", 32)]), Self.interface(7, "self0", [("169.254.3.4", 16)]),
        ]
        #expect(LeaseInterface.choose(named: nil, among: unfit) == nil)
        let fit = [Self.interface(9, "second0", [("10.0.0.9", 24)]), Self.interface(8, "first0", [("10.0.0.8", 24)])]
        #expect(LeaseInterface.choose(named: nil, among: unfit + fit)?.name == "first0")
        #expect(LeaseInterface.choose(named: "second0", among: unfit + fit)?.name == "second0")
        #expect(LeaseInterface.choose(named: "six0", among: unfit + fit) == nil)
    }

    @Test(
        "each outcome is a finding that says what to do",
        arguments: [
            (LeaseCheck.Outcome.leased("10.0.0.100"), Finding.Mark.good, "10.0.0.100"),
            (.offered(0x0A00_0064, by: 0x0A00_00C8), .good, "offers the cluster 10.0.0.100"),
            (.unanswered(on: "eth0"), .warning, "no DHCP server answers on eth0"),
            (.unusable(.taken(0x0A00_0001)), .problem, "a node's own address"),
            (.noInterface, .warning, "no interface"),
            (.missing("eth9", present: "eth0 is there"), .problem, "no interface named eth9"),
            (.refused("no permission"), .warning, "no permission"),
        ])
    func findings(outcome: LeaseCheck.Outcome, mark: Finding.Mark, words: String) {
        #expect(LeaseCheck.finding(outcome).found.contains("none is configured"))
        let finding = LeaseCheck.finding(outcome, beside: [.v4(1)])
        #expect(!finding.found.contains("none is configured"))
        #expect(finding.mark == mark && finding.found.contains(words))
        #expect(mark == .good || (finding.advice != nil && finding.unaffected != nil))
    }

    @Test("the address that a server gives has the VRID after those of the addresses that are named")
    func routerID() {
        var floating = Configuration.Floating()
        #expect(floating.leasedRouterID == 51)
        floating.addresses = [.v4(1), .v4(2)]
        #expect(floating.leasedRouterID == 53)
        floating.isAutomatic = false
        #expect(floating.leasedRouterID == nil)
    }

    @Test("what is kept of a lease is read again, and a damaged file is as good as none")
    func files() throws {
        let place = try TemporaryDirectory()
        defer { withExtendedLifetime(place) {} }
        let files = NodeFiles(directory: place.path)
        #expect(files.lease() == nil)
        try TestFiles.write("version 7\nidentity \(String(repeating: "ab", count: 16))\n", to: place.file("lease"))
        let read = try #require(files.lease())
        #expect(read.version == 7 && !read.isLive)
        try files.keep(read)
        #expect(files.lease() == read)
        try TestFiles.write("\0\0\0", to: place.file("lease"))
        #expect(files.lease() == nil)
    }
}
