import ArgumentParser
import BrambleRuntime

struct Pair: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Makes one cluster of nodes that have no key.",
        discussion: """
            A node whose bramble.toml names no key looks for others that have none, and agrees with them on one. Three \
            minutes after the last one came that is over, and whoever comes later has to be let in: `bramble admit`. \
            `bramble status` shows how it stands.

            EXAMPLES
              bramble pair open
              bramble pair close
              bramble pair join 4f1c-09aa-73d2-5b1e-88c0
            """,
        subcommands: [PairOpen.self, PairClose.self, PairJoin.self])
}

struct PairOpen: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "open", abstract: "Lets nodes without a key in by themselves, for three minutes.",
        discussion: """
            Whoever is on the network meanwhile can join. To let a single node in, `bramble admit` is safer.

            EXAMPLES
              bramble pair open
            """)

    @OptionGroup var wish: PairingRequest

    func run() throws { try wish.send(.pair(.open)) }
}

struct PairClose: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "close", abstract: "Lets nobody in by itself any more.",
        discussion: """
            Speaks for the whole cluster, wherever `bramble pair open` was said.

            EXAMPLES
              bramble pair close
            """)

    @OptionGroup var wish: PairingRequest

    func run() throws { try wish.send(.pair(.close)) }
}

struct PairJoin: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "join", abstract: "Asks another cluster to let this node in, and all of its cluster.",
        discussion: """
            For two groups that paired apart, as on two switches that were joined later. Names the node of the \
            other cluster that is to let it in, by the fingerprint that `bramble status` shows there; `bramble admit` there, within \
            three minutes, does the rest. The nodes of this node's cluster come along: they are \
            given the other one's key as in `bramble key rotate`, and those that are away get it when they are back.

            EXAMPLES
              bramble pair join 4f1c-09aa-73d2-5b1e-88c0
            """)

    @Argument(help: "The fingerprint that the node shows which is to let this one in.")
    var fingerprint: String

    @OptionGroup var wish: PairingRequest

    func run() throws { try wish.send(.pair(.join(fingerprint: fingerprint.lowercased()))) }
}

struct Admit: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Lets a node in that has no key of this cluster.",
        discussion: """
            `bramble status` lists those that ask, each with a fingerprint. Anyone on the network can ask, under any name: \
            compare the fingerprint with the one that the node itself shows (`bramble status` there). The node is given the \
            cluster's key, sealed for it alone.

            Ends with 0 when the key is on its way, with 1 if nobody with that fingerprint asks, and with 2 if the daemon of \
            this machine cannot be reached.

            EXAMPLES
              sudo bramble admit 4f1c-09aa-73d2-5b1e-88c0
            """)

    @Argument(help: "The whole fingerprint that the node shows.")
    var fingerprint: String

    @OptionGroup var wish: PairingRequest

    func run() throws { try wish.send(.admit(fingerprint: fingerprint)) }
}

/// How a request is sent, and its answer shown.
struct PairingRequest: ParsableArguments {
    @Flag(name: .long, help: "Print the answer as JSON, on one line.")
    var json = false

    @OptionGroup var options: DaemonOptions

    func send(_ request: ControlRequest) throws {
        let reply: ControlReply
        do throws(ControlClient.Failure) {
            reply = try options.client.ask(request)
        } catch {
            if case .refused = error { throw Output.failure(error) }
            throw Output.failure(error, code: 2)
        }
        if json { Output.line(try JSONText.text(reply)) } else { Output.say(reply.message ?? "done") }
    }
}
