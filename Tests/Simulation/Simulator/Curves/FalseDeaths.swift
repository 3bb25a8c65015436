import Membership
import Wire

/// How often members that live are held for dead, in bad weather.
package struct FalseDeaths: Sendable {
    /// What is measured: ours, or ours without what Lifeguard added to SWIM.
    package enum Rules: String, CaseIterable, Sendable {
        case bramble = "Bramble"
        case plain = "SWIM without Lifeguard"
    }

    /// What is wrong.
    package enum Weather: String, CaseIterable, Sendable {
        case loss5 = "loss 5 %"
        case loss20 = "loss 20 %"
        case loss40 = "loss 40 %"
        case loss60 = "loss 60 %"
        case jitter = "20 to 80 ms"
        case disorder = "30 % doubled, 30 % overtaken"
        /// One node is not heard by another.
        case oneWay = "one way cut"
        /// One node stands still for up to 1.5 s, again and again. That it is held for dead is right; the others are well.
        case slowNode = "one slow node"
        /// One node stands still for up to half a second, and is to live too.
        case haltingNode = "one halting node"
    }

    /// What came of so much time.
    package struct Count: Sendable {
        package let rules: Rules
        package let weather: Weather
        package let nodes: Int
        /// How long all nodes ran together.
        package var nodeTime = Duration.zero
        /// How often a member that lives came under suspicion: once, however many suspected it.
        package var suspicions = 0
        /// How often one was held for dead: once, however many believed it.
        package var deaths = 0
    }

    /// How much time of each seed is looked at.
    package let length: Duration
    /// How many seeds.
    package let seeds: Int

    /// So many seeds of so much time.
    package init(seeds: Int, length: Duration) {
        self.seeds = seeds
        self.length = length
    }

    /// Counts for one size of cluster.
    package func count(_ rules: Rules, _ weather: Weather, nodes: Int) -> Count {
        var count = Count(rules: rules, weather: weather, nodes: nodes)
        for seed in 1...UInt64(seeds) {
            var network = SWIMNetwork.ofMembers(
                nodes, seed: seed, areThere: false, configuration: configuration(rules))
            network.run(for: .seconds(5))
            begin(weather, in: &network)
            network.record()
            network.run(for: length)
            for id in network.hosts where weather != .slowNode || id != Self.troubled {
                count.nodeTime += length
                count.suspicions += network.times(id, wasHeldFor: [.suspect, .dead])
                count.deaths += network.times(id, wasHeldFor: [.dead])
            }
        }
        return count
    }

    private static let troubled = HostID(0)

    private func begin(_ weather: Weather, in network: inout SWIMNetwork) {
        var conditions = SWIMNetwork.wire
        switch weather {
        case .loss5: conditions.loss = 0.05
        case .loss20: conditions.loss = 0.2
        case .loss40: conditions.loss = 0.4
        case .loss60: conditions.loss = 0.6
        case .jitter:
            conditions.delay = .milliseconds(20)
            conditions.jitter = .milliseconds(60)
        case .disorder:
            conditions.duplication = 0.3
            conditions.reordering = 0.3
        case .oneWay: network.apply(.cutOneWay(from: Self.troubled, to: HostID(1)))
        case .slowNode: network.apply(.slow(Self.troubled, stalls: .milliseconds(1500)))
        case .haltingNode: network.apply(.slow(Self.troubled, stalls: .milliseconds(500)))
        }
        network.apply(.conditions(conditions))
    }

    /// Without what Lifeguard added to SWIM: no node doubts itself, a suspicion lasts as long as ours does when it is
    /// confirmed, whoever confirms it, and no suspect is pinged for being one. All else, and so how soon a crash is
    /// found, is as in ours.
    private func configuration(_ rules: Rules) -> SWIM.Configuration {
        var configuration = SWIM.Configuration.lan
        guard rules == .plain else { return configuration }
        configuration.worstHealth = 0
        configuration.suspicionStretch = 1
        configuration.expectedConfirmations = 0
        configuration.suspectPingInterval = .seconds(3600)
        return configuration
    }
}

extension SimulatedNetwork where Host == SWIMHost {
    fileprivate mutating func record() {
        for id in hosts {
            command(id) { host, _ in
                host.forgetChanges()
                host.isRecording = true
                return []
            }
        }
    }

    /// How often a host came to be held for this by somebody while nobody did so before.
    fileprivate func times(_ id: HostID, wasHeldFor states: [Member.State]) -> Int {
        let node = SWIMHost.node(id)
        var changes = hosts.flatMap { observer in
            (programs[observer.index]?.changes ?? []).filter { $0.node == node }.map {
                (at: $0.at.advanced(by: .zero - slots[observer.index].clock), observer: observer, state: $0.state)
            }
        }
        changes.sort { ($0.at, $0.observer) < ($1.at, $1.observer) }
        var believers: Set<HostID> = []
        var times = 0
        for change in changes {
            if states.contains(change.state) {
                if believers.isEmpty { times += 1 }
                believers.insert(change.observer)
            } else {
                believers.remove(change.observer)
            }
        }
        return times
    }
}
