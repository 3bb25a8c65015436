import Testing
import Wire

@testable import BrambleRuntime

@Suite("A floating address whose interface has lost its network")
struct HomelessAddressesTests {
    private static let ip = IPAddress.v4(0x0A00_00FA)

    private func instant(_ milliseconds: Int) -> Instant { Instant.zero.advanced(by: .milliseconds(milliseconds)) }

    @Test("stays for two seconds, and not for two more when it is looked at again")
    func patience() {
        var homeless = HomelessAddresses()
        homeless.note(Self.ip, hasHome: false, at: instant(0))
        #expect(homeless.isTolerated(Self.ip))
        #expect(homeless.nextDeadline == instant(2000))
        var isOver = homeless.expire(at: instant(1999))
        #expect(!isOver)
        homeless.note(Self.ip, hasHome: false, at: instant(1999))
        isOver = homeless.expire(at: instant(2000))
        #expect(isOver)
        #expect(!homeless.isTolerated(Self.ip))
        #expect(homeless.nextDeadline == nil)
        homeless.note(Self.ip, hasHome: false, at: instant(2001))
        #expect(!homeless.isTolerated(Self.ip))
    }

    @Test("is like any other once the network is back")
    func back() {
        var homeless = HomelessAddresses()
        homeless.note(Self.ip, hasHome: false, at: instant(0))
        homeless.note(Self.ip, hasHome: true, at: instant(50))
        #expect(homeless.nextDeadline == nil)
        homeless.note(Self.ip, hasHome: false, at: instant(5000))
        #expect(homeless.nextDeadline == instant(7000))
    }
}
