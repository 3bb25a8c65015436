import Testing
import Wire

@testable import Simulator

@Suite("The curves of membership")
struct CurvesTests {
    @Test("all is measured, and grows as it should", arguments: [2, 5, 12])
    func point(nodes: Int) {
        let point = ClusterCurves(seeds: 2).point(nodes: nodes)
        #expect(point.runs == 2)
        for times in [point.firstSuspicion, point.confirmedDeath, point.join, point.heal] { #expect(times.count == 2) }
        for (first, all) in zip(point.firstSuspicion, point.confirmedDeath) { #expect(first < all) }
        // Two probes a round of 200 ms and their answers; the rest are calls. No datagram has fewer than 156 bytes.
        #expect(NodeNetwork.ofNodes(2).overheard.map(\.bytes.count).min() == 128, "as the curves count it")
        #expect((10...25).contains(point.packetsPerSecond))
        #expect(point.bytesPerSecond >= 156 * point.packetsPerSecond)
    }

    @Test("a cluster that is just there is whole, and loses a member as one that has formed", arguments: [60])
    func large(nodes: Int) {
        var network = SWIMNetwork.ofMembers(nodes, seed: 1, areThere: true)
        #expect(network.isWhole)
        let found = network.crash([HostID(7)])
        #expect(found.suspicion < found.death && found.death < .seconds(3))
    }

    @Test("a death is known to all within 1.5 s in a small cluster, whoever dies with it", arguments: 2...5)
    func smallClusters(nodes: Int) {
        for crashes in 1..<nodes {
            let deaths = ClusterCurves(seeds: 25).correlated(nodes: nodes, crashes: crashes)
            #expect(deaths.count == 25)
            #expect(deaths.allSatisfy { $0 <= .milliseconds(1500) }, "\(crashes) of \(nodes): \(deaths.max() ?? .zero)")
        }
    }

    @Test("in one of up to ten within 2.5 s, and of up to fifty within 4 s", arguments: [6, 7, 8, 9, 10, 20, 50])
    func largerClusters(nodes: Int) {
        for crashes in [1, nodes / 2, nodes - 1] {
            let deaths = ClusterCurves(seeds: nodes > 10 ? 2 : 8).correlated(nodes: nodes, crashes: crashes)
            let bound = Duration.milliseconds(nodes > 10 ? 4000 : 2500)
            #expect(deaths.allSatisfy { $0 <= bound }, "\(crashes) of \(nodes): \(deaths.max() ?? .zero)")
        }
    }

    @Test("loss of 20 % and a node that halts kill nobody", arguments: [FalseDeaths.Weather.loss20, .haltingNode])
    func nobodyDies(_ weather: FalseDeaths.Weather) {
        let count = FalseDeaths(seeds: 2, length: .seconds(60)).count(.bramble, weather, nodes: 3)
        #expect(count.deaths == 0 && count.suspicions > 0)
        #expect(count.nodeTime == .seconds(360))
    }

    @Test("what Lifeguard adds keeps members alive that plain SWIM buries")
    func lifeguard() {
        let weather = FalseDeaths(seeds: 4, length: .seconds(120))
        let ours = weather.count(.bramble, .loss60, nodes: 3)
        let plain = weather.count(.plain, .loss60, nodes: 3)
        #expect(plain.deaths > 20, "else nothing is compared")
        #expect(ours.deaths * 2 < plain.deaths, "\(ours.deaths), \(plain.deaths)")
    }
}
