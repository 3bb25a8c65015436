import Testing
import Wire

@testable import BrambleRuntime

struct KeyAdviceTests {
    @Test("each step of a rotation opens what the step before and the step after seal with")
    func rotation() throws {
        let old = try ClusterKey(String(repeating: "ab", count: 32))
        let new = try ClusterKey(String(repeating: "cd", count: 32))
        let text = KeyAdvice.rotation(of: Keyring(old), to: new)
        let steps = try Self.keyrings(in: text)
        #expect(steps.map(\.newest) == [old, new, new])
        var before = Keyring(old)
        for step in steps {
            #expect(step.keys.contains(before.newest) && before.keys.contains(step.newest))
            before = step
        }
        #expect(steps.last == Keyring(new))
        #expect(text.contains(old.fingerprint) && text.contains(new.fingerprint))
    }

    @Test("the key lines of a new key are a configuration, and its fingerprint gives nothing away")
    func newKey() throws {
        let key = KeyAdvice.NewKey()
        let configuration = Configuration.read(key.lines, file: "f", hostName: "pi").configuration
        #expect(try KeyAdvice.fingerprints(of: #require(configuration)) == [key.fingerprint])
        #expect(try KeyAdvice.fingerprint(ofKey: key.text) == key.fingerprint)
    }

    /// The settings that the text shows, each read as a file.
    private static func keyrings(in text: String) throws -> [Keyring] {
        let settings = text.split(separator: "\n\n").filter { $0.hasPrefix("key") }
        return try settings.map { setting in
            let reading = Configuration.read("[cluster]\n\(setting)\n", file: "f", hostName: "pi")
            return try #require(reading.configuration?.cluster.keyring)
        }
    }
}
