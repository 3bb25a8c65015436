import ArgumentParser
import BrambleRuntime
import Glibc

struct Status: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Shows the cluster as this node sees it.",
        discussion: """
            Ends with 0 if all is well, with 1 if this node does not serve or something is wrong, and with 2 if the \
            daemon cannot be reached.

            EXAMPLES
              bramble status
              bramble status --watch
              bramble status --json | jq .floating
            """)

    @OptionGroup var options: DaemonOptions

    @Flag(name: .long, help: "Show it anew every second, until Ctrl-C.")
    var watch = false

    @Flag(name: .long, help: "Print the report as JSON, on one line.")
    var json = false

    func run() throws {
        if watch { return try StatusWatch(client: options.client, isJSON: json).run() }
        let (report, text): (StatusReport, String)
        do {
            (report, text) = try options.client.statusWithJSON()
        } catch {
            throw Output.failure(error, code: 2)
        }
        Output.write(json ? text + "\n" : StatusRenderer(report, shape: .of(descriptor: STDOUT_FILENO)).text)
        if !report.isHealthy { throw ExitCode(1) }
    }
}
