internal import DHCP
internal import Membership
internal import VRRP
public import Wire

extension Node {
    // MARK: What happens

    /// Where this node can ask for an address; or nil, and why it cannot.
    public mutating func setLeaseLink(_ link: LeaseLink?, problem: String = "", at now: Instant) -> [Action] {
        guard !isStopped, leasing != nil, leasing?.link != link || leasing?.linkProblem != problem else { return [] }
        leasing?.link = link
        leasing?.linkProblem = problem
        // What was asked on another link is not answered any more; on one that has just come up it is asked at once.
        leasing?.client = nil
        var actions: [Action] = []
        settle(at: now, into: &actions)
        return actions
    }

    /// A DHCP message came in, in a frame from this Ethernet address.
    public mutating func receiveDHCP(_ message: [UInt8], from hardware: [UInt8], at now: Instant) -> [Action] {
        guard !isStopped, var client = leasing?.client else { return [] }
        let wanted = client.receive(message, from: hardware, at: now)
        leasing?.client = client
        var actions: [Action] = []
        perform(wanted, at: now, into: &actions)
        settle(at: now, into: &actions)
        return actions
    }

    /// Whether an answer of a DHCP server may come.
    public var awaitsDHCP: Bool { leasing?.client?.isAsking ?? false }

    /// The floating addresses now: those of the configuration, and the one that the cluster has been given.
    public var floatingAddresses: [FloatingAddress] { addresses }

    mutating func receiveLease(
        _ payload: [UInt8], from source: SocketAddress, sender: Session, at now: Instant, into actions: inout [Action]
    ) {
        guard let leasing else { return ignored.count("a lease, and this node has its addresses configured") }
        guard var message = try? LeaseMessage(decoding: payload, at: now) else {
            return ignored.count("malformed lease")
        }
        if let lease = message.record.lease, lease.expiresAt <= now { message.record.isLive = false }
        if let search = message.search {
            self.leasing?.searcher = LeaseKeeper.Searcher(
                node: sender.node, search: search, until: now.advanced(by: LeaseKeeper.memory))
        } else if leasing.searcher?.node == sender.node {
            self.leasing?.searcher = nil
        }
        if message.record.supersedes(leasing.record) {
            adopt(message.record, into: &actions)
        } else if leasing.record.supersedes(message.record) {
            // A memory from before: its number must not win once this word has become a memory, too.
            if message.record.version >= leasing.record.version {
                self.leasing?.record.version = message.record.version + 1
            }
            speak(to: [source], at: now, into: &actions)
        }
    }

    /// A member has come: it is told what is known.
    mutating func welcomeToLease(_ member: Member, at now: Instant, into actions: inout [Action]) {
        guard leasing != nil, let address = member.address else { return }
        speak(to: [address], at: now, into: &actions)
    }

    /// This node is of another cluster from now on, whose address it will hear of. What it had by itself it lets go.
    mutating func leaseAnew(as key: ClusterKey, at now: Instant, into actions: inout [Action]) {
        guard let before = leasing else { return }
        if let address = before.floated { putDown(address, at: now, into: &actions) }
        var keeper = LeaseKeeper(
            virtualRouterID: before.virtualRouterID, remembered: nil, key: key, random: before.random)
        (keeper.link, keeper.linkProblem) = (before.link, before.linkProblem)
        leasing = keeper
    }

    mutating func leaseDeadline(at now: Instant, into actions: inout [Action]) {
        guard leasing != nil else { return }
        if var client = leasing?.client, let due = client.nextDeadline, due <= now {
            let wanted = client.deadlineReached(at: now)
            leasing?.client = client
            perform(wanted, at: now, into: &actions)
        }
        if let lease = leasing?.record.liveLease, lease.expiresAt <= now { lapse(lease, into: &actions) }
        if let until = leasing?.searcher?.until, until <= now { leasing?.searcher = nil }
        if let due = leasing?.speakAt, due <= now, leasing?.client != nil { speakToAll(at: now, into: &actions) }
    }

    // MARK: Conclusions

    /// Draws the conclusions: whether the address floats, and whether this node speaks with the server.
    mutating func settleLease(at now: Instant, into actions: inout [Action]) {
        guard leasing != nil else { return }
        declineIfAnothers(at: now, into: &actions)
        floatLeasedAddress(at: now, into: &actions)
        guard let lease = leasing?.record.liveLease else { return settleSearch(at: now, into: &actions) }
        leasing?.searchAt = nil
        guard isActive(for: .v4(lease.address)), let link = leasing?.link else {
            leasing?.client = nil
            return
        }
        guard leasing?.client?.lease != lease,
            var client = leasing?.makeClient(on: link, members: company.presentAddresses)
        else { return }
        client.resume(lease, at: now)
        leasing?.client = client
        leasing?.speakAt = now.advanced(by: LeaseKeeper.repetition)
    }

    /// Takes up a virtual router for the leased address, and puts down that of another one.
    private mutating func floatLeasedAddress(at now: Instant, into actions: inout [Action]) {
        let wanted = leasing?.address
        if let before = leasing?.floated, before != wanted { putDown(before, at: now, into: &actions) }
        if let wanted { takeUp(wanted, into: &actions) }
    }

    /// The shell has to ask the network for strangers first: until it says that it has, the address is left alone.
    private mutating func takeUp(_ address: FloatingAddress, into actions: inout [Action]) {
        guard leasing?.floated != address else { return }
        leasing?.floated = address
        for var router in FloatingRouter.routers(of: [address], configuration: configuration, node: session.node) {
            _ = router.note(.starting, against: address.ip)
            routers.append(router)
        }
        actions.append(.useAddresses(addresses))
    }

    private mutating func putDown(_ address: FloatingAddress, at now: Instant, into actions: inout [Action]) {
        if let index = routers.firstIndex(where: { $0.holds(address.ip) }) {
            perform(routers[index].router.shutdown(reason: .leaseEnded, at: now), of: index, at: now, into: &actions)
            routers.remove(at: index)
        }
        conflicts[address.ip] = nil
        defences[address.ip] = nil
        leasing?.floated = nil
        actions.append(.useAddresses(addresses))
    }

    private func isActive(for ip: IPAddress) -> Bool {
        routers.contains { $0.holds(ip) && $0.router.state == .active }
    }

    /// Somebody who is no member answers for the address. The first in rank tells the server.
    private mutating func declineIfAnothers(at now: Instant, into actions: inout [Action]) {
        guard let lease = leasing?.record.liveLease, conflicts[.v4(lease.address)] != nil, health.isServing,
            searchRank == 0, let link = leasing?.link, leasing?.mayDecline(at: now) == true,
            var client = leasing?.makeClient(on: link, members: company.presentAddresses)
        else { return }
        client.resume(lease, at: now)
        let wanted = client.decline(at: now)
        leasing?.client = client
        perform(wanted, at: now, into: &actions)
    }

    /// The first in rank among those that can serve begins to search, and the others if it does not.
    private mutating func settleSearch(at now: Instant, into actions: inout [Action]) {
        guard health.isServing, !isDraining, !isStopping, now >= settledAt, let link = leasing?.link else {
            leasing?.client = nil
            leasing?.searchAt = nil
            return
        }
        if leasing?.client?.lease != nil { leasing?.client = nil }
        if let searcher = leasing?.searcher {
            // Two that search at once settle it by rank; one that is heard is left to it.
            if leasing?.client == nil || searcher.node > session.node {
                leasing?.client = nil
                leasing?.searchAt = nil
                return
            }
        }
        guard leasing?.client == nil else {
            leasing?.searchAt = nil
            leasing?.client?.place = LeaseKeeper.place(link, company.presentAddresses)
            return
        }
        let due = leasing?.searchAt ?? now.advanced(by: patience)
        leasing?.searchAt = due
        guard due <= now, var client = leasing?.makeClient(on: link, members: company.presentAddresses) else { return }
        leasing?.searchAt = nil
        leasing?.flaw = nil
        let wanted = client.start(remembered: leasing?.record.lease?.address, at: now)
        leasing?.client = client
        perform(wanted, at: now, into: &actions)
        speakToAll(at: now, into: &actions)
    }

    private var patience: Duration {
        (company.isPresent ? LeaseKeeper.listening : .zero) + LeaseKeeper.step * searchRank
    }

    /// How many members would search before this node.
    private var searchRank: Int { company.candidates.count { $0.node > session.node } }

    // MARK: What is learned

    /// Carries out what the client wants.
    private mutating func perform(
        _ wanted: [DHCPClient.Action], at now: Instant, into actions: inout [Action]
    ) {
        var unanswered = 0
        for action in wanted {
            switch action {
            case .send(let message, let destination):
                let hardware = leasing?.client?.identity.hardwareAddress ?? []
                actions.append(
                    .sendDHCP(DHCPRequest(message: message, destination: destination, hardwareAddress: hardware)))
            case .bound(let lease): learn(lease, at: now, into: &actions)
            case .lost(.expired):
                if let lease = leasing?.record.liveLease { lapse(lease, into: &actions) }
            case .lost(let loss):
                if let lease = leasing?.record.lease { tellLost(lease, "\(loss)", into: &actions) }
                learn(nil, at: now, into: &actions)
            case .unanswered(let count):
                unanswered = count
                guard leasing?.hasToldOfSilence == false else { continue }
                leasing?.hasToldOfSilence = true
                actions.append(.tell(.lease(.unanswered)))
            case .unusable(let flaw):
                guard flaw != leasing?.flaw else { continue }
                leasing?.flaw = flaw
                actions.append(.tell(.lease(.unusable(flaw))))
            case .refused(let address, let words):
                actions.append(.tell(.lease(.refused(.v4(address), words: words))))
            case .ignored(let reason): ignored.count("\(reason)")
            }
        }
        if unanswered >= LeaseKeeper.longestSilence, !company.candidates.isEmpty { stepAside(at: now, into: &actions) }
    }

    /// Lets another node ask: this one may be where no answer comes, as behind a switch port that lets one address
    /// through, or on the very machine that the server runs on, which does not hear its own broadcasts.
    private mutating func stepAside(at now: Instant, into actions: inout [Action]) {
        leasing?.client = nil
        leasing?.searchAt = now.advanced(by: LeaseKeeper.rest)
        speakToAll(at: now, into: &actions)
    }

    /// A server has spoken to this node.
    private mutating func learn(_ lease: DHCPLease?, at now: Instant, into actions: inout [Action]) {
        guard var record = leasing?.record else { return }
        record.version += 1
        record.lease = lease
        record.isLive = true
        adopt(record, into: &actions)
        speakToAll(at: now, into: &actions)
    }

    /// Takes over a record that supersedes this node's.
    private mutating func adopt(_ record: LeaseRecord, into actions: inout [Action]) {
        let before = leasing?.record
        leasing?.record = record
        if let lease = record.liveLease {
            leasing?.hasToldOfSilence = false
            leasing?.flaw = nil
            leasing?.searcher = nil
            if before?.liveLease?.address != lease.address || before?.liveLease?.server != lease.server {
                actions.append(.tell(.lease(.obtained(lease))))
            }
        } else if record.isLive, let lease = before?.liveLease, leasing?.client == nil {
            tellLost(lease, "another node has heard so from the DHCP server", into: &actions)
        }
        guard leasing?.stored.map({ $0.hasContent(of: record) }) != true else { return }
        leasing?.stored = record
        actions.append(.storeLease(record))
    }

    /// A lease has ended; its address is a memory from now on.
    private mutating func lapse(_ lease: DHCPLease, into actions: inout [Action]) {
        leasing?.record.isLive = false
        tellLost(lease, "\(DHCPClient.Loss.expired)", into: &actions)
    }

    private func tellLost(_ lease: DHCPLease, _ why: String, into actions: inout [Action]) {
        actions.append(.tell(.lease(.lost(.v4(lease.address), why: why))))
    }

    private mutating func speakToAll(at now: Instant, into actions: inout [Action]) {
        leasing?.speakAt = now.advanced(by: LeaseKeeper.repetition)
        speak(to: company.presentAddresses, at: now, into: &actions)
    }

    private mutating func speak(to members: [SocketAddress], at now: Instant, into actions: inout [Action]) {
        guard let leasing else { return }
        let message = LeaseMessage(record: leasing.record, search: leasing.search).encoded(at: now)
        for member in members { send(message, to: .address(member), into: &actions) }
    }
}
