import Glibc
import Testing
import Wire

@testable import LinuxPlatform

private func ip(_ text: String) -> IPAddress { IPAddress(text) ?? .v4(0) }

@Suite("Announcements on a real link", .enabled(if: noNamespaces == nil, "\(noNamespaces ?? "")"))
struct AnnouncerTests {
    @Test("the other end hears both forms and the probe, and counts garbage")
    func heard() async throws {
        let (heard, malformed, own) = try await onCable { cable -> ([ARPWatcher.Heard], Int, MACAddress?) in
            let watcher = try cable.at(.right) { try ARPWatcher() }
            let announcer = try Announcer()
            let interface = try #require(try InterfaceList.current().last)
            if let error = announcer.announce(ip("192.0.2.250"), on: interface) { throw error }
            if let error = announcer.probe(0xC000_02FB, on: interface) { throw error }
            sendGarbage(interface)
            var result = ARPWatcher.Catch()
            _ = eventually {
                let more = watcher.drain()
                result.heard += more.heard.filter { [0xC000_02FA, 0xC000_02FB].contains($0.packet.targetIP) }
                result.malformed += more.malformed
                return result.heard.count >= 3 && result.malformed >= 2
            }
            return (result.heard, result.malformed, interface.mac)
        }
        let mac = try #require(own)
        #expect(
            heard.map(\.packet) == [
                .announcement(of: 0xC000_02FA, at: mac, .request), .announcement(of: 0xC000_02FA, at: mac, .reply),
                .probe(for: 0xC000_02FB, from: mac),
            ])
        #expect(malformed == 2)
    }

    @Test("a neighbour that knew another owner learns the new one", arguments: ["192.0.2.250", "2001:db8::250"])
    func neighbourLearns(text: String) async throws {
        let learnt = try await onCable { cable -> Bool in
            let announcer = try Announcer()
            let interface = try #require(try InterfaceList.current().last)
            try cable.at(.right) {
                try shell(
                    """
                    echo 0 > /proc/sys/net/ipv4/neigh/b/locktime
                    ip neigh add \(text) lladdr 02:00:00:00:00:99 dev b nud stale
                    """)
            }
            if let error = announcer.announce(ip(text), on: interface) { throw error }
            return eventually {
                cable.at(.right) {
                    (try? shell("ip neigh show \(text) dev b | grep -q \(interface.mac?.description ?? "none")")) != nil
                }
            }
        }
        #expect(learnt)
    }

    @Test("without permission, packet sockets say which capability is missing")
    func forbidden() async throws {
        let errors = try await inNewNamespace { () -> [SystemError] in
            try dropCapabilities()
            var errors: [SystemError] = []
            do throws(SystemError) { _ = try Announcer() } catch { errors.append(error) }
            do throws(SystemError) { _ = try ARPWatcher() } catch { errors.append(error) }
            return errors
        }
        #expect(errors.map(\.code) == [EPERM, EPERM])
        #expect(errors.allSatisfy { $0.advice?.contains("CAP_NET_RAW") == true })
    }

    @Test("an interface without Ethernet cannot announce, and says so")
    func noEthernet() async throws {
        let error = try await inNewNamespace { () -> SystemError? in
            let loopback = try #require(try InterfaceList.current().first { $0.mac == nil || $0.isLoopback })
            return try Announcer().announce(ip("192.0.2.250"), on: loopback)
        }
        #expect(error?.code == EOPNOTSUPP)
    }
}
