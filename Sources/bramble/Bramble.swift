import ArgumentParser
import BrambleRuntime

@main
struct Bramble: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bramble",
        abstract: "Serves one web site from several Raspberry Pis, behind one address that any of them can hold.",
        discussion: """
            Give every node the same key, start `bramble run` on each, and open the floating address in a browser. \
            Pull any plug, and the page stays.

            EXAMPLES
              bramble key new --write /boot/firmware/bramble.toml
              bramble check
              bramble status --watch
            """,
        version: "bramble \(Version.current)",
        subcommands: [
            Run.self, Status.self, Check.self, Identify.self, Drain.self, Resume.self, Resign.self, Key.self,
            Pair.self, Admit.self,
        ])
}
