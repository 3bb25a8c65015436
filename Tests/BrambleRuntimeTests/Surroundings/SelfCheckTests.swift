import Testing
import Wire

@testable import BrambleRuntime

struct SelfCheckTests {
    @Test(
        "the self-check asks an address that stays on this node",
        arguments: [
            ([], "127.0.0.1"), (["192.0.2.250"], "127.0.0.1"), (["192.0.2.250", "192.0.2.21"], "192.0.2.21"),
            (["192.0.2.250", "::1"], "::1"), (["2001:db8::250", "192.0.2.250"], "127.0.0.1"),
        ] as [([String], String)])
    func asked(addresses: [String], asked: String) throws {
        var http = Configuration.HTTP()
        http.addresses = addresses.compactMap { IPAddress($0) }
        let floating = ["192.0.2.250", "2001:db8::250"].compactMap { IPAddress($0) }
        let check = SelfCheck(http, floating: floating, nodeName: "pi")
        #expect(check.address.ip == IPAddress(asked))
    }

    @Test("an address of another machine is not asked, but named", arguments: ["192.0.2.21", "2001:db8::21"])
    func foreignAddress(text: String) throws {
        var http = Configuration.HTTP()
        http.addresses = [try #require(IPAddress(text))]
        guard case .addressNotHere(let problem) = SelfCheck(http, floating: [], nodeName: "pi").run() else {
            Issue.record("the address was asked")
            return
        }
        #expect(problem.contains(text))
    }
}
