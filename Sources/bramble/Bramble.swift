import ArgumentParser
import BrambleRuntime

@main
struct Bramble: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "bramble",
        abstract: "Serves one web site from several Raspberry Pis, behind one address that any of them can hold.",
        discussion: """
            Start it on each, with the same configuration or with an empty one, and open the floating address in a \
            browser; systemd does that, with the unit that comes along. Pull any plug, and the page stays.

            EXAMPLES
              sudo bramble check
              sudo bramble status --watch
              sudo bramble key new --write /etc/bramble/bramble.toml
            """,
        version: "bramble \(Version.current)",
        subcommands: [
            Run.self, Status.self, Check.self, Identify.self, Drain.self, Resume.self, Resign.self, Key.self,
            Pair.self, Admit.self, Tidy.self,
        ])
}
