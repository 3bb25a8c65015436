import ArgumentParser
import BrambleRuntime

struct Key: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes, shows and rotates cluster keys.",
        discussion: "Nodes with the same key are one cluster. Whoever has the key can join: keep it secret.",
        subcommands: [KeyNew.self, KeyShow.self, KeyFingerprint.self, KeyRotate.self, KeyDrop.self])
}

struct KeyNew: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "new", abstract: "Makes a cluster key.",
        discussion: """
            Make one key, and give it to every node of the cluster.

            EXAMPLES
              bramble key new
              bramble key new --write /boot/firmware/bramble.toml
              bramble key new --raw
            """)

    @Flag(name: .long, help: "Print nothing but the key.")
    var raw = false

    @Option(
        name: .long,
        help: .init("Put the key into this file. A key that is there already is never replaced.", valueName: "file"))
    var write: String?

    func validate() throws {
        if raw && write != nil { throw ValidationError("Name --raw or --write, not both.") }
    }

    func run() throws {
        let key = KeyAdvice.NewKey()
        if let write {
            do {
                try key.write(toFileAt: write)
            } catch {
                throw Output.failure(error)
            }
            Output.say("\(write) has a new key now, \(key.fingerprint). Give it to every other node, under [cluster].")
        } else if raw {
            Output.line(key.text)
        } else {
            Output.write("Put these two lines into bramble.toml on every node (\(key.fingerprint)):\n\n\(key.lines)")
        }
    }
}

struct KeyShow: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Shows the cluster's key itself, for another card.",
        discussion: """
            Prints the lines that a new card, or a node that was away while the key was changed, needs in its \
            bramble.toml. They are the newest key that this node has, which after `bramble key rotate` is not the one in \
            its own file. Who has the key is in the cluster: show it to nobody, and mail it to nobody.

            EXAMPLES
              sudo bramble key show
              sudo bramble key show --raw | ssh pi-oak 'cat > /tmp/key'
            """)

    @Flag(name: .long, help: "Print nothing but the key.")
    var raw = false

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let key: KeyAdvice.CurrentKey?
        do {
            key = try KeyAdvice.CurrentKey(of: options.goodConfiguration())
        } catch let error where !(error is ExitCode) {
            throw Output.failure(error)
        }
        guard let key else { throw Output.failure(MissingKey()) }
        Output.note("bramble: this is a secret: whoever has it is in the cluster (\(key.fingerprint)).")
        if !key.isInFile {
            Output.note("bramble: the file of this node does not name it first; put these lines there, too.")
        }
        Output.write(raw ? key.text + "\n" : key.lines)
    }
}

struct KeyFingerprint: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "fingerprint", abstract: "Shows the fingerprints of the node's keys, newest first.",
        discussion: """
            Nodes that show the same first fingerprint belong to one cluster. A fingerprint gives nothing \
            of the key away.

            EXAMPLES
              bramble key fingerprint
              bramble key fingerprint --config ./bramble.toml
            """)

    @OptionGroup var options: ConfigurationOption

    func run() throws {
        let fingerprints: [String]
        do {
            fingerprints = try KeyAdvice.fingerprints(of: options.goodConfiguration())
        } catch let error where !(error is ExitCode) {
            throw Output.failure(error)
        }
        guard !fingerprints.isEmpty else { throw Output.failure(MissingKey()) }
        for fingerprint in fingerprints { Output.line(fingerprint) }
    }
}

/// There is no key to show or to rotate.
struct MissingKey: Error, CustomStringConvertible {
    var description: String { "the configuration has no cluster key. `bramble key new` makes one." }
}

extension ConfigurationOption {
    /// The configuration; prints what is wrong if there is no good one.
    func goodConfiguration() throws -> Configuration {
        let reading = file.read()
        guard let configuration = reading.configuration else {
            for problem in reading.problems { Output.note("bramble: \(problem)") }
            throw ExitCode(1)
        }
        return configuration
    }
}
