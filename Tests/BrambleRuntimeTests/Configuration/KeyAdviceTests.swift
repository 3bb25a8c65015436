import NodeCore
import Testing
import Wire

@testable import BrambleRuntime

struct KeyAdviceTests {
    @Test("the key lines of a new key are a configuration, and its fingerprint gives nothing away")
    func newKey() throws {
        let key = KeyAdvice.NewKey()
        let configuration = Configuration.read(key.lines, file: "f", hostName: "pi").configuration
        #expect(try KeyAdvice.fingerprints(of: #require(configuration)) == [key.fingerprint])
        #expect(try KeyAdvice.fingerprint(ofKey: key.text) == key.fingerprint)
    }

    @Test("the key for another card is the newest that the node has, in its file or since a rotation")
    func currentKey() throws {
        let directory = try TemporaryDirectory()
        var random = SeededGenerator(seed: 1)
        let (old, new) = (ClusterKey(using: &random), ClusterKey(using: &random))
        var configuration = Configuration(nodeName: "pi")
        configuration.node.data = directory.path
        #expect(try KeyAdvice.CurrentKey(of: configuration) == nil)
        configuration.cluster.keyring = Keyring(old)
        var key = try #require(try KeyAdvice.CurrentKey(of: configuration))
        #expect(key.text == old.text && key.isInFile)
        let ring = try #require(KeyRing([.init(new, generation: 1), .init(old, generation: 0)], floor: 0))
        try NodeFiles(directory: directory.path).keep(ring)
        key = try #require(try KeyAdvice.CurrentKey(of: configuration))
        #expect(key.text == new.text && !key.isInFile && key.lines == "[cluster]\nkey = \"\(new.text)\"\n")
        #expect(try KeyAdvice.fingerprints(of: configuration) == [new.fingerprint, old.fingerprint])
    }
}
