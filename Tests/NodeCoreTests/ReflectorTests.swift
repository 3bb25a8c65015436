import Membership
import Testing
import Wire

@testable import NodeCore

/// What came from each address and what went there, in bytes.
private struct Ledger {
    var came: [SocketAddress: Int] = [:]
    var went: [SocketAddress: Int] = [:]

    /// The addresses that got more than they sent.
    var amplified: [SocketAddress] { went.filter { $0.value > came[$0.key, default: 0] }.map(\.key) }
}

/// A node that breaks the rule, to show that the test notices.
private enum Flaw: CaseIterable {
    /// Answers twice.
    case twice
    /// Answers by something longer.
    case longer
    /// Asks again, a second later, when no answer came.
    case again
}

@Suite("A node is no reflector")
struct ReflectorTests {
    /// Addresses where nobody has ever proven anything: of victims, or of strangers.
    private static let victims = (1...4).map { SocketAddress(ip: .v4(0x0A00_00C0 + $0), port: 7373) }

    /// A node with two peers, and everything that an eavesdropper has heard by then: hellos, challenges, answers,
    /// messages; and what peers have sealed that never arrived.
    private static func scene() throws -> (bench: Bench, heard: [[UInt8]]) {
        var bench = Bench(peers: [1, 200])
        var heard: [[UInt8]] = []
        // A stranger to the node, who has the key: its first words, the challenge, the answers.
        var newcomer = SealedLink(
            session: Session(node: NodeID(high: 50, low: 0), boot: 1, salt: 1), keyring: Keyring(Bench.key),
            secret: Array(repeating: 9, count: 32))
        let place = SocketAddress(ip: .v4(0x0A00_0032), port: 7373)
        bench.run(for: .seconds(2))
        var spoken: [UInt8]? = try newcomer.seal([0x16, 1, 0, 0])
        while let datagram = spoken, heard.count < 6 {
            heard.append(datagram)
            spoken = nil
            var copy = bench.node
            let actions = copy.receive(datagram, from: place, at: bench.now)
            for case .send(let answer, .address(place)) in actions where spoken == nil {
                heard.append(answer)
                if case .reply(let reply) = newcomer.receive(answer, from: Bench.ownAddress, at: bench.now) {
                    spoken = reply
                }
            }
        }
        for index in bench.peers.indices {
            for payload in [[0x16, 1, 0, 0], [0x21], [0x10] + [UInt8](repeating: 1, count: 1000), [0x30, 1]] {
                heard.append(try bench.peers[index].link.seal(payload))
            }
        }
        _ = bench.take()
        return (bench, heard)
    }

    /// Throws so many datagrams at a node, from addresses that have proven nothing, and lets time pass.
    /// At its `best` the attack has only what is answered and is shortest: it gets the most for each byte.
    private static func attack(
        seed: UInt64, datagrams: Int, best: Bool, flaw: Flaw? = nil
    ) throws -> (ledger: Ledger, others: [String], undisturbed: [String]) {
        var random = SeededGenerator(seed: seed)
        var (bench, heard) = try scene()
        if best {
            heard = heard.filter { datagram in
                var copy = bench.node
                return datagram.count == 128 && !copy.receive(datagram, from: victims[0], at: bench.now).isEmpty
            }
        }
        var twin = bench
        var ledger = Ledger()
        var others: [String] = []
        var late: [(at: Instant, bytes: [UInt8], to: SocketAddress)] = []
        func note(_ actions: [Action]) {
            for case .send(let bytes, let destination) in actions {
                guard case .address(let address) = destination, victims.contains(address) else {
                    others.append("\(destination) \(bytes.count)")
                    continue
                }
                ledger.went[address, default: 0] += bytes.count * (flaw == .twice ? 2 : 1) + (flaw == .longer ? 1 : 0)
                if flaw == .again { late.append((bench.now.advanced(by: .seconds(1)), bytes, address)) }
            }
        }
        for _ in 0..<datagrams {
            let victim = victims[Int.random(in: 0..<victims.count, using: &random)]
            let datagram =
                best ? heard.randomElement(using: &random) ?? [] : made(of: heard, &random)
            ledger.came[victim, default: 0] += datagram.count
            bench.deliver(datagram, from: victim)
            // What the node itself says there, an attacker who reads along can send back from elsewhere.
            let actions = bench.take()
            for case .send(let answer, .address(let address)) in actions where !best && victims.contains(address) {
                heard.append(answer)
                if heard.count > 60 { heard.remove(at: 20) }
            }
            note(actions)
            let pause = Duration.milliseconds(Int64.random(in: 0...20, using: &random))
            bench.run(for: pause)
            twin.run(for: pause)
            note(bench.take())
        }
        bench.run(for: .seconds(5))
        twin.run(for: .seconds(5))
        note(bench.take())
        for answer in late where answer.at <= bench.now { ledger.went[answer.to, default: 0] += answer.bytes.count }
        var undisturbed: [String] = []
        for case .send(let bytes, let destination) in twin.take() {
            undisturbed.append("\(destination) \(bytes.count)")
        }
        return (ledger, others, undisturbed)
    }

    /// A recorded datagram as it was, or cut, drawn out, changed; or noise.
    private static func made(of heard: [[UInt8]], _ random: inout SeededGenerator) -> [UInt8] {
        var datagram = heard[Int.random(in: 0..<heard.count, using: &random)]
        switch UInt8.random(in: 0..<8, using: &random) {
        case 0: datagram.removeLast(Int.random(in: 0...datagram.count, using: &random))
        case 1:
            let place = Int.random(in: 0..<datagram.count, using: &random)
            datagram[place] ^= 1 << UInt8.random(in: 0..<8, using: &random)
        case 2: datagram += [UInt8](repeating: 0, count: Int.random(in: 1...200, using: &random))
        case 3:
            let count = Int.random(in: 0...1300, using: &random)
            datagram = (0..<count).map { _ in UInt8.random(in: 0...255, using: &random) }
        default: break
        }
        return datagram
    }

    @Test(
        "bytes out to an address that has proven nothing never exceed bytes in, whatever comes from there",
        arguments: [1, 2] as [UInt64], [true, false])
    func reflects(seed: UInt64, best: Bool) throws {
        let (ledger, others, undisturbed) = try Self.attack(seed: seed, datagrams: 500, best: best)
        #expect(ledger.amplified.isEmpty, "\(ledger)")
        #expect(
            Self.victims.allSatisfy { ledger.went[$0, default: 0] > 1000 }, "nothing was answered: nothing was tested")
        #expect(others == undisturbed, "a stranger's datagrams make the node say something to others")
    }

    @Test("a node that answers twice, at greater length or once more is found out", arguments: Flaw.allCases)
    fileprivate func bites(_ flaw: Flaw) throws {
        let ledger = try Self.attack(seed: 1, datagrams: 200, best: true, flaw: flaw).ledger
        #expect(!ledger.amplified.isEmpty, "\(flaw): \(ledger)")
    }

    // MARK: - Pairing

    /// How a node stands that is thrown datagrams of pairing.
    enum Standing: CaseIterable { case open, alone, closed, reopened, asking }

    /// Throws every kind of pairing datagram at a node, from addresses that have proven nothing, while a person admits
    /// whoever asks. At its `best` the attack has only what is answered, and nobody is admitted.
    private static func pairingAttack(
        seed: UInt64, on standing: Standing, rounds: Int, pause: Duration, best: Bool = false, flaw: Flaw? = nil
    ) throws -> (ledger: Ledger, kinds: Set<UInt8>) {
        var random = SeededGenerator(seed: seed)
        var network = try PairingNetwork(2, seed: seed, starting: false)
        network.start(0)
        if standing == .closed || standing == .reopened || standing == .asking { network.start(1) }
        network.run(for: .seconds(standing == .open ? 6 : 250))
        if standing == .reopened { network.perform(0) { $0.openAgain(at: $1) } }
        var stranger = try Stranger(seed: seed + 1)
        if standing == .asking {
            let hoped = stranger.key.fingerprint
            network.perform(0) { $0.askForAdmission(by: hoped, at: $1) }
        }
        network.run(for: .seconds(6))
        let own = network.hosts[0].identity.publicKey
        var pairing = try #require(network.hosts[0].pairing)
        var now = network.now
        var ledger = Ledger()
        var kinds: Set<UInt8> = []
        var announced = network.announced(by: 0)
        var heard: [[UInt8]] = []
        func note(_ actions: [Pairing.Action]) {
            for action in actions {
                switch action {
                case .send(let bytes, let address), .confirm(let bytes, let address):
                    let count = flaw == .twice ? 2 : 1
                    ledger.went[address, default: 0] += bytes.count * count + (flaw == .longer ? 1 : 0)
                    kinds.insert(bytes[4])
                    heard.append(bytes)
                case .broadcast(let bytes):
                    if let message = try? PairingMessage(decoding: bytes) { announced.append(message.nonce) }
                // The node sends it to members alone.
                case .sayComplete, .store, .useKey, .tell: break
                }
            }
        }
        for round in 0..<rounds {
            let victim = victims[Int.random(in: 0..<victims.count, using: &random)]
            let group = [pairing.record.group, 0, .max].randomElement(using: &random) ?? 0
            let flags = UInt8.random(in: 0..<8, using: &random)
            var datagram: [UInt8]
            switch Int.random(in: 0..<4, using: &random) {
            case 0:
                datagram = try stranger.offer(
                    group: group, isAdmission: flags & 1 != 0, isEstablished: flags & 2 != 0, to: own,
                    announced: try #require(announced.last))
            case 1: datagram = try heard.last.flatMap { try stranger.acceptance(of: $0, group: group) } ?? []
            case 2: datagram = made(of: heard.suffix(20) + [[0]], &random)
            default:
                datagram = stranger.announcement(
                    .init(
                        group: group, isOpen: flags & 1 != 0, isEstablished: flags & 2 != 0, asks: flags & 4 != 0,
                        name: "x"))
            }
            if round % 7 == 0, standing != .asking { stranger = try Stranger(seed: seed + 2 + UInt64(round)) }
            let actions = pairing.receive(datagram, from: victim, at: now)
            let isAnswered = actions.contains {
                switch $0 {
                case .send, .confirm: true
                default: false
                }
            }
            if isAnswered || !best { ledger.came[victim, default: 0] += datagram.count }
            note(actions)
            if round % 10 == 0, !best, let other = pairing.others.randomElement(using: &random) {
                for _ in 0..<3 { note(pairing.admit(other.key.fingerprint, at: now) ?? []) }
            }
            now = now.advanced(by: pause)
            if pairing.nextDeadline <= now { note(pairing.deadlineReached(at: now)) }
        }
        for _ in 0..<30 {
            now = max(now, pairing.nextDeadline)
            note(pairing.deadlineReached(at: now))
        }
        return (ledger, kinds)
    }

    @Test(
        "of pairing neither, whatever is said and whatever a person wants, nor in a flood",
        arguments: Standing.allCases,
        [.milliseconds(1), .milliseconds(600)] as [Duration])
    func pairs(standing: Standing, pause: Duration) throws {
        var kinds: Set<UInt8> = []
        for seed in 1...5 as ClosedRange<UInt64> {
            let (ledger, sent) = try Self.pairingAttack(seed: seed, on: standing, rounds: 300, pause: pause)
            #expect(ledger.amplified.isEmpty, "\(ledger)")
            kinds.formUnion(sent)
        }
        #expect(kinds.contains(2) || standing == .asking, "nothing was answered: nothing was tested")
        #expect(kinds.contains(3) || [.closed, .reopened].contains(standing))
    }

    @Test("one that is admitted again and again is sent one offer for each time that it has announced itself")
    func admits() throws {
        var network = try PairingNetwork(1, seed: 1)
        network.run(for: .seconds(190))
        var stranger = try Stranger(seed: 2)
        for round in 1...3 {
            network.inject(stranger.announcement(.init(group: 1, isOpen: false, asks: true, name: "x")), from: 9, to: 0)
            for _ in 0..<10 {
                network.perform(0) { $0.admit(stranger.key.fingerprint, at: $1) }
                network.run(for: .seconds(1))
            }
            #expect(network.sent.count { $0[4] == 2 } == round)
        }
    }

    @Test("a node that pairs twice or at greater length is found out", arguments: [Flaw.twice, .longer])
    fileprivate func pairingBites(_ flaw: Flaw) throws {
        func attack(_ flaw: Flaw?) throws -> Ledger {
            try Self.pairingAttack(
                seed: 1, on: .open, rounds: 40, pause: .milliseconds(600), best: true, flaw: flaw
            ).ledger
        }
        #expect(try attack(nil).amplified.isEmpty)
        let ledger = try attack(flaw)
        #expect(!ledger.amplified.isEmpty, "\(flaw): \(ledger)")
    }
}
