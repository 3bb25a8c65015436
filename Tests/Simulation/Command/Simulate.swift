import ArgumentParser

/// Whole nodes on a seeded network in virtual time.
@main
struct Simulate: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "simulate", abstract: "Whole nodes on a seeded network in virtual time.",
        subcommands: [CampaignCommand.self, CurvesCommand.self], defaultSubcommand: CampaignCommand.self)
}
