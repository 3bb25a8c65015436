import ArgumentParser
import BrambleRuntime

struct Identify: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Blinks the lights of a node, so that you find it on the shelf.",
        discussion: """
            A node is named by its name, its ID, or the first four or more digits of its ID; `bramble status` lists them.

            EXAMPLES
              bramble identify pi-oak
              bramble identify 3f2a
            """)

    @Argument(help: "The node's name, ID, or the first digits of its ID.")
    var node: String

    @OptionGroup var options: DaemonOptions

    func run() throws {
        do throws(ControlClient.Failure) {
            let reply = try options.client.ask(.identify(node: node))
            Output.say(reply.message ?? "the lights of \(node) are blinking")
        } catch {
            if case .refused = error { throw Output.failure(error) }
            throw Output.failure(error, code: 2)
        }
    }
}
