import Membership
import NodeCore
import Wire

@testable import BrambleRuntime
@testable import Releases

extension FuzzTarget {
    static let manifest = FuzzTarget("manifest", longest: 4000) {
        let paths = ["index.html", "css/site.css", "a b/é\n.txt", "back\\slash", "\u{202E}evil"]
        let entries = paths.map { path in
            Manifest.Entry(path: path, object: ObjectID(hashing: Array(path.utf8)), size: UInt64(path.utf8.count))
        }
        return [[], [entries[0]], entries].compactMap { try? Manifest(entries: $0).encoded }
    } check: { bytes throws(Finding) in
        let manifest: Manifest
        do throws(ManifestError) {
            manifest = try Manifest(decoding: bytes)
        } catch {
            try demand(error.line >= 1, "an error in line \(error.line)")
            return try demand(error.line <= bytes.count { $0 == 10 } + 2, "an error in a line that is not there")
        }
        try demand(manifest.encoded == bytes, "a manifest has another encoding than it was read from")
        try demand((try? Manifest(entries: manifest.entries)) == manifest, "its entries are no manifest")
        for entry in manifest.entries {
            try demand(entry.path.utf8.count <= Manifest.maximumPathBytes, "a path too long")
            let names = entry.path.split(separator: "/", omittingEmptySubsequences: false)
            try demand(names.allSatisfy { !["", ".", ".."].contains($0) }, "a path that leads away: \(entry.path)")
        }
    }

    private static let everything = """
        # a whole configuration
        [cluster]
        key = "\(Parties.key.text)"
        port = 7373
        peers = ["192.0.2.7", "[2001:db8::7]:7373"]
        interfaces = ["eth0"]
        unicast_only = false
        [node]
        name = "pi"
        data = '/var/lib/bramble'
        control = "/run/bramble/control.sock"
        [floating]
        mode = "sealed"
        addresses = ["192.0.2.250", "2001:db8::250"]
        interval = "10ms"
        priority = 100
        preempt = true
        preempt_delay = "3s"
        router_id = 51
        checksum = "message"
        track_interfaces = ["wlan0"]
        [hooks]
        on_leader = ["/bin/true", "a\\u00e9"]
        deadline = "10s"
        [http]
        port = 0x50
        addresses = ["::1"]
        drain_timeout = "1m"
        [lights]
        output = "off"
        [log]
        level = "debug"

        """

    static let configuration = FuzzTarget("configuration", longest: 4000) {
        let others = [
            "[other.'quoted'.\"x\"]\na.b = { c = [1.5e3, 0x1F, -inf, nan, 1_000], e = { } }\nn = [ [1, 2], [\"a\"] ]\n",
            "long = \"\"\"\\u00e9 one \\\n  two\"\"\"\nraw = '''it's'''\n[[array.of.tables]]\n",
            "[floating]\naddress = \"auto\"\n", "a = 1979-05-27T07:32:00Z\n", "",
        ]
        return ([everything] + others).map { Array($0.utf8) }
    } check: { bytes throws(Finding) in
        // What is no UTF-8 is refused before anything reads it.
        guard let text = String(validating: bytes, as: UTF8.self) else { return }
        let reading = Configuration.read(text, file: "f", hostName: "pi")
        let hasErrors = reading.problems.contains { $0.severity == .error }
        try demand(hasErrors == (reading.configuration == nil), "errors and a configuration, or neither")
        let lines = bytes.count { $0 == UInt8(ascii: "\n") } + 1
        for problem in reading.problems {
            let words = problem.description
            try demand((1...lines).contains(problem.line ?? 1), "line \(problem.line ?? 0) of \(lines): \(words)")
            try demand(!words.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }, "a terminal obeys \(words)")
            try demand(!words.contains(Parties.key.text), "a secret is told")
        }
        guard let changed = try? KeyInsertion.insert(Parties.key, into: text, file: "f") else { return }
        let again = Configuration.read(changed, file: "f", hostName: "pi")
        try demand(again.readable?.cluster.keyring?.newest == Parties.key, "a key that was put in is not there")
    }

    /// Texts that nodes keep on disk or that people type: one kind for each value of the first byte.
    static let texts = FuzzTarget("texts", longest: 500) {
        let identity = LANIdentity(of: Parties.key)
        let digits = identity.seed.map { ($0 < 16 ? "0" : "") + String($0, radix: 16) }.joined()
        let lease = "version 3\nidentity \(digits)\n"
        let texts: [(UInt8, String)] = [
            (0, "\(Parties.session(1).node) 192.0.2.7:7373 pi one"), (0, "\(Parties.session(1).node) [fe80::1]:7373"),
            (1, lease), (1, lease + "address 10.77.0.200\nserver 10.77.0.1\nrouter 10.77.0.1\nhardware 020000000001\n"),
            (2, Parties.key.text), (2, String(repeating: "0a", count: 32)),
            (3, "192.0.2.7:80"), (3, "[2001:db8::7]:7373"), (3, "2001:db8::7"), (4, "\(Parties.session(1).node)"),
            (5, "floor 1\nkey 2 \(Parties.key.text)\ndropped 1 0a1b2c3d 8928-18cb-a8d6-ddd1\n"),
        ]
        return texts.map { kind, text in [kind] + Array(text.utf8) }
    } check: { bytes throws(Finding) in
        let text = String(decoding: bytes.dropFirst(), as: UTF8.self)
        switch bytes.first {
        case 0:
            guard let peer = KnownPeer(line: text) else { return }
            try demand(!peer.line.contains { $0.isNewline }, "a line that is two")
            let again = try demand(KnownPeer(line: peer.line), "a peer cannot be read again: \(peer.line)")
            try demand(again.id == peer.id && again.lastAddress == peer.lastAddress, "a peer changes on the way")
            try demand(KnownPeer(line: again.line) == again, "a peer changes at each reading")
        case 1:
            guard let record = LeaseRecord(text: text) else { return }
            try demand(LeaseRecord(text: record.text) == record, "a lease changes on the way")
            try demand(!record.isLive, "a memory is taken for a server's word")
        case 2:
            guard let key = try? ClusterKey(text) else { return }
            try demand((try? ClusterKey(key.text)) == key, "a key changes on the way")
        case 3:
            guard let address = SocketAddress(text, defaultPort: 7373) else { return }
            try demand(SocketAddress("\(address)", defaultPort: 1) == address, "an address changes on the way")
        case 5:
            guard let ring = KeyRing(text: text) else { return }
            try demand(KeyRing(text: ring.text) == ring, "keys change on the way")
            try demand(ring.entries.count <= KeyRing.limit, "more keys than there may be")
        default:
            guard let node = NodeID(text) else { return }
            try demand(NodeID("\(node)") == node, "a node ID changes on the way")
        }
    }
}
