import ArgumentParser
import BrambleRuntime

struct Tidy: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Removes what a daemon that was killed has left on the interfaces.",
        discussion: """
            Floating addresses and interfaces with virtual MAC addresses. systemd does this whenever the daemon has ended. \
            While a daemon runs nothing is changed.

            EXAMPLES
              sudo bramble tidy
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        do {
            for line in try Leftovers.remove(by: options.file) { Output.line(line) }
        } catch {
            throw Output.failure(error)
        }
    }
}
