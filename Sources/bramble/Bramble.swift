import ArgumentParser

@main
struct Bramble: ParsableCommand {
    func run() {}
}
