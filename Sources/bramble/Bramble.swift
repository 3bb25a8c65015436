import ArgumentParser
import BrambleRuntime
import Wire

@main
struct Bramble: AsyncParsableCommand {
    @Argument var command: [String]
    @Option var config: String?
    @Option var socket: String?
    @Flag var json = false
    mutating func run() async throws {
        switch command[0] {
        case "key": print(ClusterKey.generate().text)
        case "status":
            let report = try ControlClient(path: socket!).status()
            print(try JSONText.text(report))
        default: try await Daemon.run(configurationPath: config)
        }
    }
}
