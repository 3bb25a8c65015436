internal import Glibc
internal import LinuxPlatform
internal import Wire

/// What came of a hook.
struct HookResult: Hashable, Sendable {
    /// How it ended.
    enum Outcome: Hashable, Sendable {
        case succeeded
        /// It ended with this code.
        case failed(Int32)
        /// This signal ended it, and this node had not sent it.
        case signalled(Int32)
        /// It took too long and was ended.
        case timedOut
        /// The program, or the interpreter that its first line names, is not there.
        case notFound
        /// The program is there and cannot be executed: the system's words.
        case notExecutable(String)
        /// The system could not start it: its words.
        case notStarted(String)

        /// Every name, for metrics.
        static let names = [
            "success", "exit_status", "signal", "timed_out", "not_found", "not_executable", "not_started",
        ]

        /// A word for metrics and the API.
        var name: String {
            switch self {
            case .succeeded: "success"
            case .failed: "exit_status"
            case .signalled: "signal"
            case .timedOut: "timed_out"
            case .notFound: "not_found"
            case .notExecutable: "not_executable"
            case .notStarted: "not_started"
            }
        }

        init(_ ending: ChildProcess.Ending) {
            switch ending {
            case .exited(0): self = .succeeded
            case .exited(let code): self = .failed(code)
            case .signalled(let number): self = .signalled(number)
            }
        }

        /// What became of a program that did not start.
        init(_ error: SystemError) {
            switch error.reasonNotToRun {
            case .missing: self = .notFound
            case .refused: self = .notExecutable(error.reason)
            case .other: self = .notStarted(error.reason)
            }
        }
    }

    var call: HookCall
    var outcome: Outcome
    /// How long it took.
    var duration: Duration
    /// When it ended.
    var endedAt: Instant

    /// One sentence for the log and the status: what happened, and what to do.
    func text(command: [String], deadline: Duration) -> String {
        let program = "\(call.kind.key) (\(command.first ?? "?")) for \(call.address)"
        switch outcome {
        case .succeeded: return "hook \(program): done in \(duration.wholeNanoseconds / 1_000_000) ms"
        case .failed(let code): return "hook \(program) failed: it ended with exit status \(code)"
        case .signalled(let number): return "hook \(program) failed: it was ended by signal \(number)"
        case .timedOut:
            return "hook \(program) failed: it took longer than \(DurationText.write(deadline)) and was ended; give it "
                + "more in [hooks] deadline, or let it hand long work to a service"
        case .notFound:
            return "hook \(program) failed: the program, or the interpreter in its first line, is not there"
        case .notExecutable(let reason):
            return "hook \(program) failed: it cannot be executed (\(reason)): chmod +x, and a first line such as "
                + "#!/bin/sh for a script"
        case .notStarted(let reason): return "hook \(program) failed: it could not be started (\(reason))"
        }
    }
}

extension SystemError {
    /// Why a program could not be started.
    enum ReasonNotToRun { case missing, refused, other }

    /// Why a program could not be started, by the error number of the attempt.
    var reasonNotToRun: ReasonNotToRun {
        switch code {
        case ENOENT, ENOTDIR: .missing
        case EACCES, EPERM, ENOEXEC, EISDIR: .refused
        default: .other
        }
    }
}

/// What the hooks have done so far.
struct HookFacts: Sendable {
    /// The last result of each hook.
    var last: [HookCall.Kind: HookResult] = [:]
    /// How many runs ended so, by hook and name of the outcome.
    var counts: [HookCall.Kind: [String: UInt64]] = [:]
    /// How many were replaced by a later one before they ran.
    var superseded: UInt64 = 0

    mutating func note(_ result: HookResult) {
        last[result.call.kind] = result
        counts[result.call.kind, default: [:]][result.outcome.name, default: 0] += 1
    }
}
