import Synchronization

@testable import Releases

/// Writes down the steps of a store and makes them fail when asked.
final class Recorder: Sendable {
    private struct State {
        var steps: [(step: StoreStep, name: String)] = []
        var failing: StoreStep?
        var code: Int32 = 0
        /// Before which step the machine stops: that one and all after it fail.
        var crash = Int.max
        var before: (@Sendable (StoreStep, String) -> Void)?
    }

    private let state = Mutex(State())

    var fault: StoreFault {
        { step, name in
            self.state.withLock { $0.before }?(step, name)
            return self.state.withLock { state in
                state.steps.append((step, name))
                if state.steps.count > state.crash { return 5 }
                return state.failing == step && state.code != 0 ? state.code : nil
            }
        }
    }

    /// The steps so far.
    var steps: [(step: StoreStep, name: String)] { state.withLock { $0.steps } }

    func count(of step: StoreStep) -> Int { steps.count { $0.step == step } }

    /// Forgets the steps so far.
    func reset() { state.withLock { $0.steps = [] } }

    /// Lets every step of this kind fail; nil ends it.
    func fail(every step: StoreStep?, with code: Int32) {
        state.withLock {
            $0.failing = step
            $0.code = code
        }
    }

    /// Lets `count` more steps happen and none after them, not even tidying up: what a power cut does.
    func crash(after count: Int) {
        state.withLock {
            $0.steps = []
            $0.crash = count
        }
    }

    /// Calls `body` before each step.
    func before(_ body: @escaping @Sendable (StoreStep, String) -> Void) { state.withLock { $0.before = body } }
}
