import Testing

@testable import NodeCore

@Suite("Priority")
struct NodePriorityTests {
    @Test("a loss is taken from the configured priority, at least 1 is left, and it comes back")
    func loses() {
        var bench = Bench()
        for (loss, priority) in [(UInt8(30), UInt8(70)), (0, 100), (255, 1), (100, 1), (99, 1), (98, 2)] {
            bench.call { node, now in node.setPriorityLoss(loss, at: now) }
            #expect(bench.snapshot.floating.first?.priority == priority)
        }
    }
}
