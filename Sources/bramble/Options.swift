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

    /// The socket that was named, or that the configuration names, be it good or not, or the usual one if it cannot be read.
    var client: ControlClient {
        if let socket { return ControlClient(path: socket) }
        let reading = configuration.file.read()
        if reading.hidesControl, configuration.file.path != nil {
            for problem in reading.problems { Output.note("bramble: \(problem)") }
            Output.note(
                "bramble: so the daemon is asked at the usual place, \(reading.control); --socket names another.")
        }
        return ControlClient(path: reading.control)
    }

    func validate() throws {
        if socket != nil && configuration.config != nil {
            throw ValidationError("Name --config or --socket, not both.")
        }
    }
}
