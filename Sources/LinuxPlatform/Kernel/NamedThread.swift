internal import CLinux
internal import Glibc
internal import Synchronization

/// A thread of its own for work that must not share an executor, with a name that `ps -L` and `top -H` show.
public final class NamedThread<Value: Sendable>: Sendable {
    private enum State {
        case running([CheckedContinuation<Value, Never>])
        case finished(Value)
    }

    private let state = Mutex(State.running([]))

    /// Starts a thread that runs `body`. The kernel keeps the first 15 bytes of the name.
    ///
    /// The thread runs with every signal blocked, so that signals reach the thread that expects them.
    public init(name: String, body: sending @escaping () -> Value) throws(SystemError) {
        let work = Work(name: name, body: body, owner: self)
        let box = Unmanaged.passRetained(work)
        var attributes = pthread_attr_t()
        pthread_attr_init(&attributes)
        defer { pthread_attr_destroy(&attributes) }
        pthread_attr_setdetachstate(&attributes, Int32(PTHREAD_CREATE_DETACHED))
        var thread = pthread_t()
        let code = pthread_create(
            &thread, &attributes,
            { context in
                guard let context else { return nil }
                Unmanaged<AnyWork>.fromOpaque(context).takeRetainedValue().run()
                return nil
            }, box.toOpaque())
        guard code == 0 else {
            box.release()
            throw SystemError(call: "start the thread \(name)", code: code)
        }
    }

    /// What the thread's body returned, as soon as it has. May be asked for any number of times.
    public func value() async -> Value {
        await withCheckedContinuation { continuation in
            let finished: Value? = state.withLock { state in
                switch state {
                case .finished(let value): return value
                case .running(let waiting):
                    state = .running(waiting + [continuation])
                    return nil
                }
            }
            if let finished { continuation.resume(returning: finished) }
        }
    }

    fileprivate func finish(_ value: Value) {
        let waiting: [CheckedContinuation<Value, Never>] = state.withLock { state in
            guard case .running(let waiting) = state else { return [] }
            state = .finished(value)
            return waiting
        }
        for continuation in waiting { continuation.resume(returning: value) }
    }
}

/// What a new thread is handed through a C pointer, which knows no generic types.
private class AnyWork {
    func run() {}
}

/// The body, which its maker gave away (`sending`): from the hand-over on, only the new thread touches it.
private final class Work<Value: Sendable>: AnyWork {
    private let name: String
    private let body: () -> Value
    private let owner: NamedThread<Value>

    init(name: String, body: sending @escaping () -> Value, owner: NamedThread<Value>) {
        self.name = name
        self.body = body
        self.owner = owner
    }

    override func run() {
        var all = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_BLOCK, &all, nil)
        bramble_name_thread(name)
        owner.finish(body())
    }
}
