import Testing
import Wire

@Suite("Node IDs, sessions and seeded numbers")
struct IdentityTests {
    @Test("a node ID is read back from what it prints")
    func roundTrip() {
        var random = SeededGenerator(seed: 7)
        for _ in 0..<100 {
            let id = NodeID(using: &random)
            #expect(id.description.utf8.count == 32)
            #expect(NodeID(id.description) == id)
            #expect(NodeID(id.description.uppercased()) == id)
            #expect(id.description.hasPrefix(id.short) && id.short.utf8.count == 8)
        }
        #expect(NodeID(high: 1, low: 2).description == "00000000000000010000000000000002")
    }

    @Test(
        "anything but 32 hexadecimal digits is no node ID",
        arguments: [
            "", "0", String(repeating: "0", count: 31), String(repeating: "0", count: 33),
            "+0000000000000010000000000000002", "+000000000000001+000000000000002", "g0000000000000010000000000000002",
            " 0000000000000010000000000000002", String(repeating: "é", count: 16), String(repeating: "é", count: 32),
        ])
    func noNodeID(text: String) { #expect(NodeID(text) == nil) }

    @Test("node IDs and sessions are ordered by their parts, the first one first")
    func order() {
        #expect(NodeID(high: 1, low: 9) < NodeID(high: 2, low: 0))
        #expect(NodeID(high: 1, low: 1) < NodeID(high: 1, low: 2))
        let node = NodeID(high: 1, low: 1)
        #expect(Session(node: node, boot: 1, salt: 9) < Session(node: node, boot: 2, salt: 0))
        #expect(Session(node: node, boot: 1, salt: 1) < Session(node: node, boot: 1, salt: 2))
        #expect(Session(node: node, boot: 9, salt: 9) < Session(node: NodeID(high: 2, low: 0), boot: 0, salt: 0))
        #expect(Session(node: node, boot: 7, salt: 1).description == "00000000#7")
    }

    /// From an implementation of the published algorithms in another language.
    @Test(
        "a seed gives the same numbers for ever",
        arguments: [
            (0, [0x99EC_5F36_CB75_F2B4, 0xBF6E_1F78_4956_452A, 0x1A5F_849D_4933_E6E0, 0x6AA5_94F1_262D_2D2C]),
            (42, [0x1578_0B2E_0C2E_C716, 0x6104_D986_6D11_3A7E, 0xAE17_5332_39E4_99A1, 0xECB8_AD47_03B3_60A1]),
            (.max, [0x8F55_20D5_2A7E_AD08, 0xC476_A018_CAA1_802D, 0x81DE_31C0_D260_469E, 0xBF65_8D7E_065F_3C2F]),
        ] as [(UInt64, [UInt64])])
    func vectors(seed: UInt64, expected: [UInt64]) {
        var random = SeededGenerator(seed: seed)
        #expect((0..<4).map { _ in random.next() } == expected)
    }
}
