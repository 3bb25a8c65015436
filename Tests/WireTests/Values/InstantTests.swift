import Testing
import Wire

@Suite("Instants and durations")
struct InstantTests {
    @Test(
        "a duration is counted in whole nanoseconds and saturates",
        arguments: [
            (Duration.zero, 0), (.nanoseconds(1), 1), (.nanoseconds(-1), -1), (.milliseconds(20), 20_000_000),
            (.seconds(-3), -3_000_000_000), (Duration(secondsComponent: 0, attosecondsComponent: 999_999_999), 0),
            (.seconds(Int64.max), .max), (.seconds(Int64.min), .min),
            (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_807_000_000_000), .max),
            (Duration(secondsComponent: 9_223_372_036, attosecondsComponent: 854_775_808_000_000_000), .max),
            (Duration(secondsComponent: -9_223_372_036, attosecondsComponent: -854_775_809_000_000_000), .min),
        ] as [(Duration, Int64)])
    func wholeNanoseconds(duration: Duration, expected: Int64) {
        #expect(duration.wholeNanoseconds == expected)
    }

    @Test("an instant moves by a duration, and the distance back is the same duration")
    func arithmetic() {
        let start = Instant(nanoseconds: 5_000)
        let later = start.advanced(by: .milliseconds(3))
        #expect(later.nanoseconds == 3_005_000)
        #expect(start.duration(to: later) == .milliseconds(3))
        #expect(later.duration(to: start) == .milliseconds(-3))
        #expect(start < later)
    }

    @Test("at the far ends of the clock an instant stays where it is")
    func extremes() {
        let end = Instant(nanoseconds: .max)
        let start = Instant(nanoseconds: .min)
        #expect(end.advanced(by: .nanoseconds(1)) == end)
        #expect(start.advanced(by: .nanoseconds(-1)) == start)
        #expect(Instant.zero.advanced(by: .seconds(Int64.max)) == end)
        #expect(start.duration(to: end) == .nanoseconds(Int64.max) + .nanoseconds(Int64.max) + .nanoseconds(1))
    }

    @Test(
        "an instant prints as seconds with milliseconds",
        arguments: [
            (0, "0.000s"), (12_345_678_901, "12.345s"), (7_000_000, "0.007s"), (-5_000_000, "-0.005s"),
            (-1_500_000_000, "-1.500s"), (-1, "0.000s"),
        ] as [(Int64, String)])
    func description(nanoseconds: Int64, text: String) {
        #expect(Instant(nanoseconds: nanoseconds).description == text)
    }
}
