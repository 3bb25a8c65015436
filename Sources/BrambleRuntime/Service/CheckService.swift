internal import LinuxPlatform
internal import ServiceLifecycle

/// The self-check's thread as a service.
struct CheckService: Service {
    private let checks: CheckLoop

    init(_ checks: CheckLoop) { self.checks = checks }

    func run() async throws {
        let checks = checks
        let thread = try NamedThread(name: "bramble-check") { checks.run() }
        await withTaskCancellationHandler {
            await withGracefulShutdownHandler {
                await thread.value()
            } onGracefulShutdown: {
                checks.stop()
            }
        } onCancel: {
            checks.stop()
        }
    }
}
