import ArgumentParser
import BrambleRuntime
import Glibc

struct Check: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Reads the configuration and looks at this machine, and says what would not work.",
        discussion: """
            Changes nothing, and can be run beside the daemon. Ends with 0 if all is well or there are only warnings, \
            and with 1 if something will not work.

            EXAMPLES
              sudo bramble check
              bramble check --config ./bramble.toml --json
            """)

    @OptionGroup var options: ConfigurationOption

    @Flag(name: .long, help: "Print the findings as JSON.")
    var json = false

    func run() throws {
        let isWatched = isatty(STDERR_FILENO) == 1
        let report = SurroundingsCheck.run(options.file) { if isWatched { Output.note($0) } }
        if json {
            Output.line(try JSONText.text(report, isPretty: true))
        } else {
            Output.write(report.text(shape: .of(descriptor: STDOUT_FILENO)))
        }
        if !report.isGood { throw ExitCode(1) }
    }
}
