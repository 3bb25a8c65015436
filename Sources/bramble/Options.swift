import ArgumentParser
import BrambleRuntime

/// Where the configuration is.
struct ConfigurationOption: ParsableArguments {
    @Option(
        name: .long,
        help: .init(
            "The configuration file. Default: \(ConfigurationFile.usualPaths.joined(separator: ", else ")).",
            valueName: "file"))
    var config: String?

    var file: ConfigurationFile { ConfigurationFile(config) }
}

/// How to reach the daemon.
struct DaemonOptions: ParsableArguments {
    @OptionGroup var configuration: ConfigurationOption

    @Option(name: .long, help: .init("The daemon's control socket, in place of the configured one.", valueName: "path"))
    var socket: String?

    /// The socket that was named, or that the configuration names, or the usual one if there is no good configuration:
    /// a daemon that keeps its last good configuration can still be asked.
    var client: ControlClient {
        if let socket { return ControlClient(path: socket) }
        let configuration = configuration.file.read().configuration ?? Configuration(nodeName: "")
        return ControlClient(path: configuration.node.control)
    }

    func validate() throws {
        if socket != nil && configuration.config != nil {
            throw ValidationError("Name --config or --socket, not both.")
        }
    }
}
