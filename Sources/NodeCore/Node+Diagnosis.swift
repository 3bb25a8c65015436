internal import Membership
public import Wire

extension Node {
    /// A knock that was asked for has been answered; nil where there was no door to knock at.
    public mutating func knocked(_ target: KnockTarget, _ answer: Knock?, at now: Instant) -> [Action] {
        guard !isStopped else { return [] }
        diagnosis.knocked(target, answer, at: now)
        return []
    }

    /// Looks, now and then, at what is wrong between this node and others.
    mutating func diagnose(at now: Instant, into actions: inout [Action]) {
        guard diagnosis.lookAt <= now else { return }
        let dead = membership.members.filter { $0.state == .dead }.compactMap { member in
            member.address.map { LifelinePeer(node: member.id, address: $0) }
        }
        let isAlone = !company.isPresent && company.isLost
        actions += diagnosis.knocks(at: dead, isAlone: isAlone, now: now).map { .knock($0) }
        let (new, over) = diagnosis.replace(with: troubles(at: now), at: now)
        actions += over.map { .tell(.troubleOver($0, name: name(of: $0))) }
        actions += new.map { .tell(.trouble($0.trouble, name: name(of: $0.trouble), $0.evidence)) }
    }

    /// All that holds: first what harms most.
    private func troubles(at now: Instant) -> [(trouble: Trouble, evidence: Trouble.Evidence)] {
        var found: [(trouble: Trouble, evidence: Trouble.Evidence)] = []
        if !company.isPresent, company.isLost, diagnosis.isCutOff(at: now) { found.append((.isolated, .init())) }
        let ways = membership.wayFaults(at: now)
        found += ways.map { (.way($0.node, $0.fault), .init()) }
        let sources = link.drops.sources(at: now)
        let parted = sources.compactMap { source in parting(from: source).map { ($0, source) } }
        found += parted.map { ($0, .init(count: $1.count, sources: [$1.ip])) }
        for member in membership.members where member.state == .dead {
            if parted.contains(where: { $0.0.node == member.id }) { continue }
            if ways.contains(where: { $0.node == member.id }) { continue }
            let answer = diagnosis.answer(of: member.id)
            found.append((answer == .accepted ? .blocked(member.id) : .dead(member.id, answer), .init()))
        }
        found += versionTroubles(at: now).map { ($0, .init()) }
        for trouble in [Trouble.unanswered] + Trouble.Unreadable.allCases.map({ .unreadable($0) }) {
            let meant = sources.filter { self.trouble(of: $0) == trouble }.sorted { $0.count > $1.count }
            guard !meant.isEmpty else { continue }
            let told = meant.prefix(Trouble.Evidence.mostSources).map(\.ip)
            found.append((trouble, .init(count: meant.reduce(0) { $0 &+ $1.count }, sources: told)))
        }
        return found
    }

    /// How long a message that is not understood counts as news.
    private static let versionMemory = Duration.seconds(60)

    /// The nodes with our key that speak no version of the protocol that is spoken here, as far as that is known.
    private func versionTroubles(at now: Instant) -> [Trouble] {
        var found = membership.members.filter { member in
            member.state.isPresent && !member.info.versions.overlaps(SWIM.versions)
        }.map { Trouble.version($0.id, isNewer: $0.info.versions.lowerBound > SWIM.versions.upperBound) }
        if let other = membership.lastOtherVersion, other.at.duration(to: now) < Self.versionMemory,
            !found.contains(where: { $0.node == other.sender.node })
        {
            found.append(.version(other.sender.node, isNewer: other.isNewer))
        }
        return found
    }

    private func trouble(of source: DropCounts.Source) -> Trouble? {
        if source.node.map(belongsHere) == true { return nil }
        return switch source.reason {
        case .unproven: source.isLasting ? .unanswered : nil
        case .otherCluster: .unreadable(.otherKey)
        case .droppedKey: source.isLasting ? .unreadable(.droppedKey) : nil
        // One datagram is anybody's, or a broken one.
        case .forged: source.isLasting ? .unreadable(.forged) : nil
        case .unknownVersion: source.isLasting ? .unreadable(.otherVersion) : nil
        default: nil
        }
    }

    /// Whether a node that can't be read is one of this cluster's by its node ID. A neighbour's cluster has none of those.
    private func belongsHere(_ node: NodeID) -> Bool {
        formerPeers[node] != nil || membership.members.contains { $0.id == node }
    }

    /// Whom a change of keys has parted from this node. What is under way while keys change does not count, nor what one
    /// has sent who is back since.
    private func parting(from source: DropCounts.Source) -> Trouble? {
        guard let node = source.node, source.isLasting, belongsHere(node) else { return nil }
        guard !company.present.contains(where: { $0.node == node }) else { return nil }
        return .parted(node, isDropped: source.reason == .droppedKey)
    }

    /// What the snapshot shows.
    var troubleReports: [NodeSnapshot.TroubleReport] {
        diagnosis.findings.map { finding in
            let text = finding.trouble.text(naming: name(of: finding.trouble), by: finding.evidence)
            return .init(trouble: finding.trouble, text: text, since: finding.since)
        }
    }

    private func name(of trouble: Trouble) -> String {
        guard let node = trouble.node else { return "" }
        let name = membership.members.first { $0.id == node }?.info.name ?? formerPeers[node] ?? ""
        return name.isEmpty ? node.short : name
    }
}
