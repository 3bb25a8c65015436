/// The configuration that is in force, and the way to a newer one.
///
/// A bad file never takes a working configuration away: the last good one stays until the file is put right.
public struct ConfigurationStore: Sendable {
    /// A setting that a reload has changed.
    public struct Change: Hashable, Sendable, CustomStringConvertible {
        /// The key, such as `floating.interval`.
        public let path: String
        /// The value that was in force.
        public let before: String
        /// The value in the file.
        public let after: String
        /// Whether it comes into force only when the daemon starts again.
        public let needsRestart: Bool

        /// `http.port: 80 -> 8080 (from the next start)`.
        public var description: String {
            "\(path): \(before) -> \(after)" + (needsRestart ? " (from the next start)" : "")
        }
    }

    /// What came of a reload.
    public struct Reload: Hashable, Sendable {
        /// Whether the file was good, and is now `current`.
        public let isAccepted: Bool
        /// Everything that is wrong in the file.
        public let problems: [ConfigurationProblem]
        /// What changed against the configuration before; nothing for a refused file.
        public let changes: [Change]

        /// Whether something that changed waits for the next start.
        public var needsRestart: Bool { changes.contains { $0.needsRestart } }
    }

    /// Why there is no configuration to start with.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// Everything that is wrong; at least one error.
        public let problems: [ConfigurationProblem]

        /// A line for each problem.
        public var description: String { problems.map(\.description).joined(separator: "\n") }
    }

    /// The last good configuration.
    public private(set) var current: Configuration
    /// What is wrong with the file as it was last read: warnings if it was accepted, errors too if it was not.
    public private(set) var problems: [ConfigurationProblem]
    private let file: ConfigurationFile
    private let hostName: String

    /// Reads the file for the first time; throws everything that is wrong if it is no good.
    public init(
        _ file: ConfigurationFile, hostName: String = ConfigurationFile.hostName
    ) throws(Refusal) {
        let reading = file.read(hostName: hostName)
        guard let configuration = reading.configuration else { throw Refusal(problems: reading.problems) }
        current = configuration
        problems = reading.problems
        self.file = file
        self.hostName = hostName
    }

    /// Reads the file again. A bad one changes nothing but `problems`.
    public mutating func reload() -> Reload {
        let reading = file.read(hostName: hostName)
        problems = reading.problems
        guard let configuration = reading.configuration else {
            return Reload(isAccepted: false, problems: problems, changes: [])
        }
        let changes = Self.changes(from: current, to: configuration)
        current = configuration
        return Reload(isAccepted: true, problems: problems, changes: changes)
    }

    /// The settings that differ, in the order of the documentation.
    public static func changes(from old: Configuration, to new: Configuration) -> [Change] {
        zip(old.settings, new.settings).compactMap { before, after in
            guard before.value != after.value else { return nil }
            return Change(
                path: after.path, before: before.value, after: after.value, needsRestart: after.needsRestart)
        }
    }
}
