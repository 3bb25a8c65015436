internal import Wire

/// One of a node's hooks: what it is and what it did.
public struct HookStatus: Codable, Hashable, Sendable {
    /// Which one: `on_leader`, `on_backup` or `on_fault`.
    public var hook: String
    /// The program and its arguments.
    public var command: [String]
    /// How often it was run.
    public var runs: UInt64
    /// How many of these runs failed.
    public var failures: UInt64
    /// What came of the last run; nil before the first.
    public var last: LastRun?

    /// What came of a run.
    public struct LastRun: Codable, Hashable, Sendable {
        /// The floating address that it was about.
        public var address: String
        /// `success`, `exit_status`, `signal`, `timed_out`, `not_found`, `not_executable` or `not_started`.
        public var result: String
        /// The same for people, in a sentence.
        public var text: String
        /// How long it took, in milliseconds.
        public var milliseconds: UInt64
        /// How long ago it ended, in seconds.
        public var agoSeconds: UInt64

        enum CodingKeys: String, CodingKey {
            case address, result, text, milliseconds
            case agoSeconds = "ago_seconds"
        }
    }
}

extension HookStatus {
    /// Every hook that is configured; nil if none is.
    static func all(_ facts: HookFacts, _ hooks: Configuration.Hooks, at now: Instant) -> [HookStatus]? {
        let all = HookCall.Kind.allCases.compactMap { kind -> HookStatus? in
            let command = kind.command(in: hooks)
            guard !command.isEmpty else { return nil }
            let counts = facts.counts[kind] ?? [:]
            let runs = counts.values.reduce(0, &+)
            return HookStatus(
                hook: kind.key, command: command, runs: runs, failures: runs - (counts["success"] ?? 0),
                last: facts.last[kind].map { result in
                    LastRun(
                        address: "\(result.call.address)", result: result.outcome.name,
                        text: result.text(command: command, deadline: hooks.deadline),
                        milliseconds: UInt64(max(0, result.duration.wholeNanoseconds / 1_000_000)),
                        agoSeconds: result.endedAt.elapsed(to: now))
                })
        }
        return all.isEmpty ? nil : all
    }

    /// A sentence for each hook whose last run failed.
    static func warnings(_ facts: HookFacts, _ hooks: Configuration.Hooks) -> [String] {
        HookCall.Kind.allCases.compactMap { kind in
            guard let result = facts.last[kind], result.outcome != .succeeded else { return nil }
            return result.text(command: kind.command(in: hooks), deadline: hooks.deadline) + "."
        }
    }
}
