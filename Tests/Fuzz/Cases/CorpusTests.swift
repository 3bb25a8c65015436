import Foundation
import Testing
import Wire

@Suite("Hostile bytes: what fuzzing keeps")
struct CorpusTests {
    private static let corpus = URL(fileURLWithPath: #filePath).deletingLastPathComponent().deletingLastPathComponent()
        .appendingPathComponent("Corpus")

    /// The kept inputs of a target, by their names; none if it has no folder yet.
    private static func kept(_ target: FuzzTarget) throws -> [(name: String, bytes: [UInt8])] {
        let folder = corpus.appendingPathComponent(target.name)
        guard FileManager.default.fileExists(atPath: folder.path) else { return [] }
        return try FileManager.default.contentsOfDirectory(atPath: folder.path).sorted().map { name in
            (name, Array(try Data(contentsOf: folder.appendingPathComponent(name))))
        }
    }

    @Test("each kept input passes, those that once were findings too", arguments: FuzzTarget.all)
    func keptInputs(_ target: FuzzTarget) throws {
        for input in try Self.kept(target) {
            #expect(throws: Never.self, "\(target.name)/\(input.name)") { try target.check(input.bytes) }
        }
    }

    @Test(
        "the seeds pass, and so does what a few flipped, lost and copied bytes make of them", arguments: FuzzTarget.all)
    func mutatedSeeds(_ target: FuzzTarget) throws {
        var random = SeededGenerator(seed: 1)
        let seeds = target.seeds()
        #expect(!seeds.isEmpty)
        for seed in seeds {
            #expect(seed.count <= target.longest)
            #expect(throws: Never.self, "\(target.name): \(seed)") { try target.check(seed) }
            for _ in 0..<20 {
                var input = seed
                for _ in 0..<Int.random(in: 1...3, using: &random) { Self.mutate(&input, &random) }
                #expect(throws: Never.self, "\(target.name): \(input)") { try target.check(input) }
            }
        }
    }

    private static func mutate(_ bytes: inout [UInt8], _ random: inout SeededGenerator) {
        let place = Int.random(in: 0...bytes.count, using: &random)
        let end = min(bytes.count, place + Int.random(in: 1...8, using: &random))
        switch UInt8.random(in: 0..<4, using: &random) {
        case 0 where place < bytes.count: bytes[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 1 where place < bytes.count: bytes[place] = UInt8.random(in: 0...255, using: &random)
        case 2: bytes.removeSubrange(place..<end)
        default: bytes.insert(contentsOf: bytes[place..<end], at: place)
        }
    }
}
