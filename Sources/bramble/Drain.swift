import ArgumentParser
import BrambleRuntime
import Glibc

struct Drain: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Takes a node out of service without failing a request.",
        discussion: """
            The node hands its floating addresses over, tells load balancers that it is not there (its health page says \
            503), finishes the requests that it has begun, and stays out of service, over restarts too, until \
            `bramble resume`. It is still a member, and its own address still answers.

            Without a name it is the node of this machine. Waits until the node has no floating address and no request in \
            flight; of another node only the first is known here.

            Ends with 0 when that is so, with 1 if the node refuses or is not known, with 2 if the daemon of this machine \
            cannot be reached, and with 3 if it takes longer than --timeout; the node goes on with it then.

            EXAMPLES
              bramble drain
              bramble drain pi-oak
              bramble drain --no-wait
              bramble drain --json && sudo poweroff
            """)

    @Argument(
        help: "The node's name, ID, or the first four or more digits of its ID. Default: the node of this machine.")
    var node: String?

    @OptionGroup var waiting: WaitingOptions

    @OptionGroup var options: DaemonOptions

    func run() throws {
        try Maintenance(waiting, options).change(.drain(node: node)) { $0.isOut }
    }
}

struct Resume: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Puts a node back into service.",
        discussion: """
            The node may hold floating addresses again. A healthy leader keeps its own, unless [floating] preempt says \
            otherwise.

            Ends with 0 when the node says that it is in service, with 1 if it refuses or is not known, with 2 if the \
            daemon of this machine cannot be reached, and with 3 if it takes longer than --timeout.

            EXAMPLES
              bramble resume
              bramble resume pi-oak
            """)

    @Argument(
        help: "The node's name, ID, or the first four or more digits of its ID. Default: the node of this machine.")
    var node: String?

    @OptionGroup var waiting: WaitingOptions

    @OptionGroup var options: DaemonOptions

    func run() throws {
        try Maintenance(waiting, options).change(.resume(node: node)) { $0.isHeard && !$0.isDraining }
    }
}

/// How long to wait for what was asked, and how to tell of it.
struct WaitingOptions: ParsableArguments {
    @Flag(name: .long, help: "Only ask, and do not wait until it is done.")
    var noWait = false

    @Flag(name: .long, help: "Print what came of it as JSON, on one line.")
    var json = false

    @Option(name: .long, help: .init("How long to wait, in seconds.", valueName: "seconds"))
    var timeout = 60

    func validate() throws {
        guard (1...86400).contains(timeout) else { throw ValidationError("Name 1 to 86400 seconds.") }
    }
}

/// Asks for a change, and watches how it comes about.
struct Maintenance {
    private let waiting: WaitingOptions
    private let client: ControlClient

    /// Between two looks.
    private static let pauseMicroseconds: UInt32 = 200_000
    /// Connections are counted twenty times a second: two looks that agree are one that can be believed.
    private static let agreeingLooks = 2

    init(_ waiting: WaitingOptions, _ options: DaemonOptions) {
        self.waiting = waiting
        client = options.client
    }

    /// Asks; a refusal ends the command with 1, and a daemon that does not answer with 2.
    func ask(_ request: ControlRequest) throws -> ControlReply {
        do throws(ControlClient.Failure) {
            return try client.ask(request)
        } catch {
            if case .refused = error { throw Output.failure(error) }
            throw Output.failure(error, code: 2)
        }
    }

    /// Asks for a node to be taken out of service or put back, and waits until `isDone`.
    func change(_ request: ControlRequest, until isDone: (DrainProgress) -> Bool) throws {
        let reply = try ask(request)
        if !waiting.json, let message = reply.message { Output.say(message) }
        guard let id = reply.node, !waiting.noWait else {
            if waiting.json { Output.line(try JSONText.text(reply)) }
            return
        }
        var told: String?
        let end = try watch { report -> (Bool, DrainProgress?) in
            guard let progress = DrainProgress(of: id, in: report) else { return (false, nil) }
            if !waiting.json, told != progress.text {
                told = progress.text
                Output.say(progress.text)
            }
            return (isDone(progress), progress)
        }
        if waiting.json { Output.line(try JSONText.text(end.value)) }
        if let unheld = end.value?.unheld, !unheld.isEmpty, end.isDone {
            Output.note("bramble: nobody holds \(unheld.joined(separator: ", ")): no node in service could take over.")
        }
        if !end.isDone { throw late() }
    }

    /// Looks at the status again and again until it is as it should be, or the time is up.
    func watch<Value>(_ look: (StatusReport) -> (Bool, Value?)) throws -> (isDone: Bool, value: Value?) {
        // No wall clock: a Pi sets it when it has found the time, by years.
        let end = ContinuousClock.now + .seconds(waiting.timeout)
        var looks = 0
        var last: Value?
        while true {
            do throws(ControlClient.Failure) {
                let (isDone, value) = look(try client.status())
                last = value
                looks = isDone ? looks + 1 : 0
                if looks == Self.agreeingLooks { return (true, last) }
            } catch {
                throw Output.failure(error, code: 2)
            }
            if ContinuousClock.now > end { return (false, last) }
            usleep(Self.pauseMicroseconds)
        }
    }

    /// It takes too long.
    func late() -> ExitCode {
        Output.note(
            "bramble: not done after \(waiting.timeout) s. The node goes on with it; `bramble status` shows how.")
        return ExitCode(3)
    }
}
