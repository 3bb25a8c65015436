import NodeCore
import Testing
import Wire

@Suite("Patterns of lights")
struct LightsPatternTests {
    static let all: [Pattern] =
        [.off, .steady, .slow, .fast, .heartbeat, .limp, .long, .wink, .doubleWink] + (1...12).map { .flashes($0) }

    @Test("a slow blink is lit in the first half of each second")
    func slow() {
        let levels = [0, 499, 500, 999, 1000, 1499, 1500].map { Pattern.slow.level(at: .milliseconds($0)) }
        #expect(levels == [true, true, false, false, true, true, false])
    }

    @Test("a fast blink is lit four times a second, a slow one once")
    func rates() {
        #expect(risesIn(.seconds(60), of: .fast) == 240)
        #expect(risesIn(.seconds(60), of: .slow) == 60)
    }

    @Test("a blink code has as many flashes as its number, and a pause longer than all between them", arguments: 1...12)
    func flashes(_ count: Int) {
        let steps = Pattern.flashes(count).steps
        #expect(steps.filter(\.isOn).count == count)
        let pauses = merged(steps).filter { !$0.isOn }.map(\.milliseconds)
        #expect(pauses.count == count)
        #expect((pauses.last ?? 0) >= 4 * (count > 1 ? pauses[0] : 0))
    }

    @Test("every change that is foretold is one, and none lies between", arguments: all)
    func changes(_ pattern: Pattern) throws {
        var now = Duration.zero
        for _ in 0..<50 {
            guard let next = pattern.nextChange(after: now) else {
                #expect(pattern.steps.count == 1)
                return
            }
            #expect(next > now)
            #expect(pattern.level(at: next - .nanoseconds(1)) == pattern.level(at: now))
            now = next
        }
    }

    @Test("no two patterns have the same steps or the same name")
    func distinct() {
        #expect(Set(Self.all.map(\.steps)).count == Self.all.count)
        #expect(Set(Self.all.map(\.name)).count == Self.all.count)
    }

    private func risesIn(_ span: Duration, of pattern: Pattern) -> Int {
        var rises = 0
        var now = Duration.zero
        while let next = pattern.nextChange(after: now), next <= span {
            if pattern.level(at: next) { rises += 1 }
            now = next
        }
        return rises
    }

    /// The steps, those with one level side by side taken together.
    private func merged(_ steps: [Pattern.Step]) -> [(isOn: Bool, milliseconds: Int64)] {
        steps.reduce(into: []) { merged, step in
            if merged.last?.isOn == step.isOn {
                merged[merged.count - 1].milliseconds += step.milliseconds
            } else {
                merged.append((step.isOn, step.milliseconds))
            }
        }
    }
}
