import Wire

/// What happens in a random run, and when, from its beginning.
struct FaultPlan: Hashable, Sendable {
    struct Step: Hashable, Sendable {
        let at: Duration
        let fault: Fault
    }

    private(set) var steps: [Step] = []

    /// Whether a card is copied in it.
    var copiesCards: Bool { steps.contains { if case .copyCard = $0.fault { true } else { false } } }

    /// Trouble of these kinds for `length`, one beginning every second or so and each with its end, so that several
    /// overlap. It follows from `seed` alone.
    static func random(seed: UInt64, hosts: Int, length: Duration, kinds: [FaultKind]) -> FaultPlan {
        var random = SeededGenerator(seed: seed ^ 0xFA17)
        var plan = FaultPlan()
        var at = Duration.zero
        while let kind = kinds.randomElement(using: &random) {
            // Some begin at once with the one before.
            let isAtOnce = Int.random(in: 0..<4, using: &random) == 0
            at += isAtOnce ? .zero : .milliseconds(Int.random(in: 10...2000, using: &random))
            guard at < length else { break }
            plan.add(kind, among: kinds, hosts: hosts, at: at, &random)
        }
        plan.steps = plan.steps.enumerated().sorted { ($0.element.at, $0.offset) < ($1.element.at, $1.offset) }.map(
            \.element)
        return plan
    }

    private mutating func add(
        _ kind: FaultKind, among kinds: [FaultKind], hosts: Int, at: Duration, _ random: inout SeededGenerator
    ) {
        let order = (0..<hosts).map { HostID($0) }.shuffled(using: &random)
        let (id, other) = (order[0], order[hosts - 1])
        /// Short troubles are the most frequent.
        let time = Duration.milliseconds(Int.random(in: 1...Int.random(in: 2...6000, using: &random), using: &random))
        func happen(_ fault: Fault, until cure: Fault? = nil) {
            steps.append(Step(at: at, fault: fault))
            if let cure { steps.append(Step(at: at + time, fault: cure)) }
        }
        switch kind {
        case .loss, .delay, .duplication, .reordering, .replay, .queues:
            let weather = LinkConditions.random(kind, among: kinds, &random)
            if Bool.random(using: &random) {
                happen(.conditions(weather), until: .conditions(.lan))
            } else {
                happen(.conditionsAt(id, weather), until: .conditionsAt(id, nil))
            }
        case .oneway: if hosts > 1 { happen(.cutOneWay(from: id, to: other), until: .mendOneWay(from: id, to: other)) }
        case .partition:
            let split = Int.random(in: 1..<max(hosts, 2), using: &random)
            let groups = [Array(order[..<split]), Array(order[split...])]
            happen(.partition(groups), until: .rejoin(groups))
        case .partial: if hosts > 2 { happen(.partition([[id], [other]]), until: .rejoin([[id], [other]])) }
        case .clog: if hosts > 1 { happen(.clog(from: id, to: other, time)) }
        case .slow:
            let stalls = Duration.milliseconds(Int.random(in: 30...1500, using: &random))
            happen(.slow(id, stalls: stalls), until: .fast(id))
        case .hang: happen(.hang(id), until: .resume(id))
        case .crash: happen(.crash(id), until: .start(id, keepingDisk: true))
        case .power:
            // Also of all at once, as when a fuse blows.
            for id in order.prefix(Int.random(in: 0..<4, using: &random) == 0 ? hosts : 1) {
                happen(.powerOff(id), until: .start(id, keepingDisk: true))
            }
        case .disk: happen(.powerOff(id), until: .start(id, keepingDisk: false))
        case .card: happen(.copyCard(of: id, to: other))
        case .clock: happen(.jump(id, time * 5))
        case .address:
            // Also of all at once, as when the router was replaced.
            let isTold = Bool.random(using: &random)
            for id in order.prefix(Int.random(in: 0..<4, using: &random) == 0 ? hosts : 1) {
                happen(.move(id, isTold: isTold))
            }
        case .lifelines: happen(.breakLifelines(id))
        case .stop: happen(.stop(id), until: .start(id, keepingDisk: true))
        case .drain: happen(.meddle(.drain, id), until: .meddle(.resume, id))
        case .sickness: happen(.meddle(.sicken, id), until: .meddle(.cure, id))
        case .keys: happen(.meddle(.rotateKey(random.next()), id))
        case .forgery: for _ in 0..<Int.random(in: 1...20, using: &random) { happen(.forge(id)) }
        }
    }
}

extension LinkConditions {
    /// Weather with this trait, and each of the others that are among `kinds` half of the time.
    fileprivate static func random(
        _ kind: FaultKind, among kinds: [FaultKind], _ random: inout SeededGenerator
    ) -> LinkConditions {
        var weather = LinkConditions.lan
        for trait in [FaultKind.loss, .delay, .duplication, .reordering, .replay, .queues] where kinds.contains(trait) {
            guard trait == kind || Bool.random(using: &random) else { continue }
            switch trait {
            case .loss: weather.loss = Double.random(in: 0...0.6, using: &random)
            case .delay:
                weather.delay = .microseconds(Int.random(in: 200...20_000, using: &random))
                weather.jitter = .milliseconds(Int.random(in: 0...40, using: &random))
            case .duplication: weather.duplication = Double.random(in: 0...0.3, using: &random)
            case .reordering:
                weather.reordering = Double.random(in: 0...0.3, using: &random)
                weather.heldBack = .milliseconds(Int.random(in: 1...50, using: &random))
            case .replay: weather.replay = Double.random(in: 0...0.02, using: &random)
            default: weather.capacity = Int.random(in: 1...16, using: &random)
            }
        }
        return weather
    }
}

extension SimulatedNetwork {
    /// Runs through the plan. What is at fault in the end stays so until `calm()`.
    mutating func run(_ plan: FaultPlan) {
        let begin = now
        for step in plan.steps {
            run(until: begin.advanced(by: step.at))
            apply(step.fault)
        }
    }
}
