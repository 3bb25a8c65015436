import Testing
import Wire

@testable import Simulator

@Suite("Campaigns of random trouble")
struct CampaignTests {
    @Test("every promise is kept in the first seeds", arguments: Seeds.chosen)
    func promises(seed: UInt64) {
        let run = Campaign().run(seed: seed)
        #expect(run.failure == nil, "\(run.failure ?? "")")
        #expect(!run.isIdle)
    }

    @Test("each kind of trouble really happens, alone too", arguments: FaultKind.allCases)
    func happens(_ kind: FaultKind) {
        let campaign = Campaign(nodes: 3...3, kinds: [kind])
        let runs = (1...3).map { campaign.run(seed: $0) }
        #expect(runs.map { $0.counters[keyPath: kind.evidence] }.reduce(0, +) > 0)
        #expect(runs.contains { !$0.isIdle })
        for run in runs { #expect(run.failure == nil, "\(run.failure ?? "")") }
    }

    @Test(
        "what is counted for a kind of trouble is no other's",
        arguments: FaultKind.allCases)
    func counters(_ kind: FaultKind) {
        let run = Campaign(nodes: 3...3, kinds: FaultKind.allCases.filter { $0 != kind }).run(seed: 1)
        #expect(run.counters[keyPath: kind.evidence] == 0)
        #expect(!run.isIdle)
    }

    @Test("a run in which nothing happened is told from one that went well, and fails the campaign")
    func idle() {
        let run = Campaign(length: .milliseconds(1)).run(seed: 1)
        #expect(run.isIdle && run.failure == nil)
        var tally = CampaignTally()
        tally.add(run)
        #expect(tally.failed.map(\.seed) == [1])
    }

    @Test("a plan follows from its seed, and trouble overlaps")
    func plans() {
        let plans = (1...20).map {
            FaultPlan.random(seed: $0, hosts: 4, length: .seconds(10), kinds: FaultKind.allCases)
        }
        #expect(
            plans[4] == FaultPlan.random(seed: 5, hosts: 4, length: .seconds(10), kinds: FaultKind.allCases))
        #expect(Set(plans).count == 20)
        for plan in plans { #expect(zip(plan.steps, plan.steps.dropFirst()).allSatisfy { $0.at <= $1.at }) }
        let kinds = Set(plans.flatMap(\.steps).map { String("\($0.fault)".prefix { $0 != "(" }) })
        #expect(kinds.count == 21, "\(kinds.sorted())")
    }

    @Test(
        "nodes that break a rule are found out",
        arguments: [
            (.neverClaims, "OneActivePerPartition"), (.neverRenews, "OneActivePerPartition"),
            (.neverLetsGo, "NoAddressLeftBehind"), (.frozenLights, "LightsTellTheTruth"), (.otherKey, "Settles"),
            (.deafenedByJunk, "Settles"),
        ] as [(Flaw, String)])
    func flaws(_ flaw: Flaw, checker: String) {
        var campaign = Campaign()
        campaign.flaw = flaw
        #expect((1...30).contains { campaign.run(seed: $0).failure?.contains("\(checker): ") == true })
    }

    @Test("how to run a seed again names what was not as usual")
    func replay() {
        #expect(Campaign().replay(7) == "make simulate SEED=7")
        let campaign = Campaign(nodes: 20...50, length: .seconds(60), kinds: [.hang, .loss])
        #expect(campaign.replay(7) == "make simulate SEED=7 NODES=20-50 LENGTH=60 FAULTS=hang,loss")
    }
}
