/// The daemon: everything that `bramble run` does.
public enum Daemon {
    /// Why the daemon cannot run.
    public enum Failure: Error, CustomStringConvertible {
        /// This build has no daemon in it.
        case notBuilt

        /// What is wrong and what to do, for people.
        public var description: String { "the daemon is not built yet: this binary has only the other commands" }
    }

    /// Runs until it is told to stop. Without a path, the configuration is looked for where it usually lies.
    public static func run(configurationPath: String?) async throws { throw Failure.notBuilt }
}
