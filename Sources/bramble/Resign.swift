import ArgumentParser
import BrambleRuntime

struct Resign: ParsableCommand {
    static let configuration = CommandConfiguration(
        abstract: "Gives this node's floating addresses to others; it stays in service.",
        discussion: """
            Another healthy node takes over before this one lets go. This node stays a Backup and may lead again later: to \
            keep it from that, drain it. With [floating] preempt = true the node of the highest priority would lead again at \
            once: it refuses, and is to be drained, too.

            Ends with 0 when another node holds what was given up, with 1 if this node holds nothing, nobody could take \
            over or it refuses, with 2 if the daemon cannot be reached, and with 3 if it takes longer than --timeout.

            EXAMPLES
              bramble resign
              bramble resign --address 192.168.1.250
            """)

    @Option(name: .long, help: .init("Give up this address only.", valueName: "address"))
    var address: String?

    @OptionGroup var waiting: WaitingOptions

    @OptionGroup var options: DaemonOptions

    /// An address and the node that has it now.
    private struct Heir: Codable {
        var address: String
        var holder: String?
        var name: String?
    }

    func run() throws {
        let maintenance = Maintenance(waiting, options)
        let before = try heirs(maintenance)
        let reply = try maintenance.ask(.resign(address: address))
        if !waiting.json, let message = reply.message { Output.say(message) }
        guard !waiting.noWait else {
            if waiting.json { Output.line(try JSONText.text(reply)) }
            return
        }
        let end = try maintenance.watch { report -> (Bool, [Heir]?) in
            let heirs = Self.heirs(before, in: report)
            let own = report.node.id
            return (heirs.allSatisfy { $0.holder != nil && $0.holder != own }, heirs)
        }
        if waiting.json {
            Output.line(try JSONText.text(end.value))
        } else {
            for heir in end.value ?? [] {
                Output.say("\(heir.address): " + (heir.name.map { "held by \($0)" } ?? "nobody holds it yet"))
            }
        }
        if !end.isDone { throw maintenance.late() }
    }

    /// The addresses that are to be given up, as they are before.
    private func heirs(_ maintenance: Maintenance) throws -> [String] {
        let report: StatusReport
        do throws(ControlClient.Failure) {
            report = try options.client.status()
        } catch {
            throw Output.failure(error, code: 2)
        }
        return report.floating.filter { floating in
            floating.state == .active && (address.map { floating.hasAddress($0) } ?? true)
        }.map(\.address)
    }

    private static func heirs(_ addresses: [String], in report: StatusReport) -> [Heir] {
        report.floating.filter { addresses.contains($0.address) }.map {
            Heir(address: $0.address, holder: $0.holderID, name: $0.holderName)
        }
    }
}
