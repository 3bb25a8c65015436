import ArgumentParser
import BrambleRuntime
import Glibc

/// Shows the status every second, until a signal asks to stop.
struct StatusWatch {
    let client: ControlClient
    let isJSON: Bool

    func run() throws {
        let isScreen = !isJSON && isatty(STDOUT_FILENO) == 1
        Interruption.listen()
        if isScreen { Output.write(ScreenFrame.enter) }
        defer { if isScreen { Output.write(ScreenFrame.leave) } }
        while true {
            show(isScreen: isScreen)
            let signal = Interruption.wait(milliseconds: 1000)
            if let signal, signal != SIGWINCH { return }
        }
    }

    private func show(isScreen: Bool) {
        let shape = TerminalShape.of(descriptor: STDOUT_FILENO)
        do throws(ControlClient.Failure) {
            let (report, json) = try client.statusWithJSON()
            if isJSON { return Output.line(json) }
            draw(StatusRenderer(report, shape: shape).lines, shape, isScreen: isScreen)
        } catch {
            // The daemon may be starting again: go on asking.
            if isJSON { return Output.note("bramble: \(error)") }
            draw(["bramble: \(error)", "", "Asking again every second; Ctrl-C ends."], shape, isScreen: isScreen)
        }
    }

    private func draw(_ lines: [String], _ shape: TerminalShape, isScreen: Bool) {
        if isScreen {
            Output.write(ScreenFrame.draw(lines, height: shape.height ?? 24))
        } else {
            Output.write(lines.map { $0 + "\n" }.joined() + "\n")
        }
    }
}
