import Wire

/// Faults, and how long to wait before each.
struct FaultPlan: Hashable, Sendable {
    struct Step: Hashable, Sendable {
        let wait: Duration
        let fault: Fault
    }

    var steps: [Step]

    /// `count` faults that follow from `seed` alone, from every kind that there is.
    static func random(seed: UInt64, hosts: Int, count: Int, wait: ClosedRange<Int> = 10...2000) -> FaultPlan {
        var random = SeededGenerator(seed: seed ^ 0xFA17)
        let steps = (0..<count).map { _ in
            Step(wait: .milliseconds(Int.random(in: wait, using: &random)), fault: fault(hosts, &random))
        }
        return FaultPlan(steps: steps)
    }

    private static func fault(_ hosts: Int, _ random: inout SeededGenerator) -> Fault {
        var order = (0..<hosts).map { HostID($0) }
        order.shuffle(using: &random)
        let split = Int.random(in: 1..<max(hosts, 2), using: &random)
        // Cures are as frequent as faults, so that the hosts are not all dead most of the time.
        switch Int.random(in: 0..<15, using: &random) {
        case 0: return .crash(order[0])
        case 1: return .powerOff(order[0])
        case 2, 3: return .hang(order[0])
        case 4: return .stop(order[0])
        case 5: return .cutOneWay(from: order[0], to: order[hosts - 1])
        case 6, 7: return .partition([Array(order[..<split]), Array(order[split...])])
        case 8: return .start(order[0], keepingDisk: false)
        case 9, 10: return .start(order[0], keepingDisk: true)
        case 11: return .resume(order[0])
        case 12: return .forge(order[0])
        case 13: return .conditions(Bool.random(using: &random) ? .rough : .lan)
        default: return .heal
        }
    }
}

extension SimulatedNetwork {
    /// Runs through the plan. Hung hosts are resumed in the end only by `calm()` or by the plan itself.
    mutating func run(_ plan: FaultPlan) {
        for step in plan.steps {
            run(for: step.wait)
            apply(step.fault)
        }
    }
}
