internal import LinuxPlatform
internal import ServiceLifecycle

/// A service whose work is done by one thread.
protocol ThreadService: Service {
    /// What the work comes to.
    associatedtype Ending: Sendable
    /// The thread's name.
    var threadName: String { get }
    /// The work, on its thread.
    func work() -> Ending
    /// Asks the work to end; called on any thread, and perhaps twice.
    func end()
}

extension ThreadService {
    /// Starts the thread, asks it to end when the service is to, and waits until it has.
    func runThread() async throws -> Ending {
        let thread = try NamedThread(name: threadName) { work() }
        return await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await thread.value()
            } onGracefulShutdown: {
                end()
            }
        } onCancel: {
            end()
        }
    }
}

extension ThreadService where Ending == Void {
    func run() async throws { try await runThread() }
}
