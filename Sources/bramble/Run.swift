import ArgumentParser
import BrambleRuntime

struct Run: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Runs the node: joins the cluster and serves the site.",
        discussion: """
            Stops on SIGTERM and SIGINT, and hands a floating address over first. SIGHUP reads the configuration again; \
            a bad one changes nothing.

            EXAMPLES
              bramble run
              bramble run --config ./bramble.toml
            """)

    @OptionGroup var options: ConfigurationOption

    func run() async throws {
        do {
            try await Daemon.run(configurationPath: options.config)
        } catch {
            throw Output.failure(error)
        }
    }
}
