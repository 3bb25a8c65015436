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
        // Where somebody lives now, a knock tells nothing of who was there before: the machine may have a new card.
        let taken = Set(membership.members.filter(\.state.isPresent).compactMap(\.address))
        let dead = membership.members.filter { $0.state == .dead }.compactMap { member in
            member.address.flatMap { taken.contains($0) ? nil : LifelinePeer(node: member.id, address: $0) }
        }
        let isAlone = !company.isPresent && company.isLost
        actions += diagnosis.knocks(at: dead, isAlone: isAlone, now: now).map { .knock($0) }
        let (new, over) = diagnosis.replace(with: troubles(at: now), at: now)
        actions += over.map { .tell(.troubleOver($0, name: name(of: $0))) }
        // The log has told of a double when it was met.
        for finding in new where finding.trouble != .duplicate {
            actions.append(.tell(.trouble(finding.trouble, name: name(of: finding.trouble), finding.evidence)))
        }
    }

    /// All that holds: first what harms most.
    private func troubles(at now: Instant) -> [(trouble: Trouble, evidence: Trouble.Evidence)] {
        var found: [(trouble: Trouble, evidence: Trouble.Evidence)] = []
        if !company.isPresent, company.isLost, diagnosis.isCutOff(at: now) { found.append((.isolated, .init())) }
        if duplicateUntil != nil { found.append((.duplicate, .init(sources: duplicateSource.map { [$0] } ?? []))) }
        let ways = membership.wayFaults(at: now)
        found += ways.map { (.way($0.node, $0.fault), .init()) }
        let sources = link.drops.sources(at: now)
        let parted = partings(among: sources)
        found += parted
        for member in membership.members where member.state == .dead {
            if ways.contains(where: { $0.node == member.id }) { continue }
            let answer = diagnosis.answer(of: member.id)
            // Nothing proves who it is that can't be read: that does not take the place of what is known.
            let isParted = parted.contains { $0.trouble.node == member.id }
            let isBlocked = answer == .accepted && !isParted
            found.append((isBlocked ? .blocked(member.id) : .dead(member.id, answer), .init()))
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
        let spoken = membership.configuration.versions
        let present = membership.members.filter(\.state.isPresent)
        let members = present.filter { !$0.info.versions.overlaps(spoken) }
        let others = membership.otherVersions.filter { other in
            other.at.duration(to: now) < Self.versionMemory && !members.contains { $0.id == other.sender.node }
                // Nor one that has been started anew since, and is understood.
                && !present.contains { $0.id == other.sender.node && $0.session != other.sender }
        }
        return members.map { .version($0.id, isNewer: $0.info.versions.lowerBound > spoken.upperBound) }
            + others.map { .version($0.sender.node, isNewer: $0.isNewer) }
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

    /// Whom a change of keys has parted from this node, each once, from wherever it is heard.
    private func partings(
        among sources: [DropCounts.Source]
    ) -> [(trouble: Trouble, evidence: Trouble.Evidence)] {
        var found: [(trouble: Trouble, evidence: Trouble.Evidence)] = []
        for source in sources {
            guard let trouble = parting(from: source) else { continue }
            if let index = found.firstIndex(where: { $0.trouble.node == trouble.node }) {
                found[index].evidence.add(source.count, from: source.ip)
            } else {
                found.append((trouble, .init(count: source.count, sources: [source.ip])))
            }
        }
        return found
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
