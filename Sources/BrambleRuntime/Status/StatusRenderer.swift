/// A report as people read it: the most important line first.
public struct StatusRenderer: Sendable {
    private let report: StatusReport
    private let shape: TerminalShape

    /// Renders for an output of this shape.
    public init(_ report: StatusReport, shape: TerminalShape) {
        self.report = report
        self.shape = shape
    }

    /// The text, with a line end after each line.
    public var text: String { lines.map { $0 + "\n" }.joined() }

    /// The lines, none wider than the output.
    public var lines: [String] {
        var blocks = [headline + troubles]
        if !report.cluster.members.isEmpty { blocks.append(members) }
        if !report.floating.isEmpty { blocks.append(floating) }
        blocks.append(details)
        return Array(blocks.joined(separator: [""]))
    }

    /// Whether the daemon waits until it can start: it has read no identity yet.
    private var isWaiting: Bool { report.node.id.isEmpty }

    private var headline: [String] {
        if isWaiting { return wrapped("this node is in no cluster: it cannot start", .bad) }
        let alive = report.cluster.members.count { $0.state == .alive }
        let count = "\(PlainNumbers.count(alive, "node")) alive"
        guard !report.floating.isEmpty else {
            return wrapped("no floating address is \(report.lease == nil ? "set" : "there yet"), \(count)", .strong)
        }
        let holders = report.floating.compactMap(\.holderID)
        var parts: [String] = []
        for (index, holder) in holders.enumerated() where holders.firstIndex(of: holder) == index {
            let held = report.floating.filter { $0.holderID == holder }
            parts.append("\(name(of: holder, held)) holds \(PlainNumbers.list(held.map(\.address)))")
        }
        let outsiders = report.floating.compactMap(\.holderAddress)
        for (index, outsider) in outsiders.enumerated() where outsiders.firstIndex(of: outsider) == index {
            let held = report.floating.filter { $0.holderAddress == outsider }.map(\.address)
            parts.append("the machine at \(outsider) holds \(PlainNumbers.list(held))")
        }
        let free = report.floating.filter { !$0.isHeld }.map(\.address)
        if !free.isEmpty { parts.append("nobody holds \(PlainNumbers.list(free))") }
        let isHeld = report.floating.contains(where: \.isHeld)
        let title = isHeld ? "leader" : "no leader"
        return wrapped("\(title): \(parts.joined(separator: "; ")), \(count)", isHeld ? .strong : .bad)
    }

    private func name(of holder: String, _ held: [FloatingStatus]) -> String {
        if let member = report.cluster.members.first(where: { $0.id == holder }) {
            return "\(member.name) (\(member.host))"
        }
        return held.compactMap(\.holderName).first ?? String(holder.prefix(8))
    }

    private var troubles: [String] {
        var lines: [String] = []
        if !report.health.serving {
            let why =
                report.health.reasons.isEmpty ? "no reason is given" : report.health.reasons.joined(separator: "; ")
            lines += wrapped("✗ this node is not serving: \(why)", .bad)
        }
        if let problem = report.site.problem { lines += wrapped("! the site: \(problem)", .caution) }
        for warning in report.warnings { lines += wrapped("! \(warning)", .caution) }
        return lines
    }

    private var members: [String] {
        var table = TextTable(header: ["  node", "address", "state", "for", "site", "release"])
        for member in report.cluster.members { table.add(row(member)) }
        return table.lines(width: shape.width, inColour: shape.hasColour)
    }

    private func row(_ member: MemberStatus) -> [StyledText] {
        let style = member.style
        let holds = report.floating.contains { $0.holderID == member.id }
        return [
            StyledText("● \(member.name)\(member.isSelf ? " (this node)" : "")", style),
            StyledText(member.host),
            StyledText(member.isDraining && member.state == .alive ? "draining" : member.state.rawValue, style),
            StyledText(PlainNumbers.duration(seconds: member.sinceSeconds)),
            StyledText(member.state == .alive ? Self.work(of: member, holds: holds) : "-"),
            StyledText(member.release.map { String($0.prefix(8)) } ?? "-"),
        ]
    }

    private static func work(of member: MemberStatus, holds: Bool) -> String {
        if holds { return "leader" }
        return member.isDraining ? "out of service" : member.isServing ? "serving" : "not serving"
    }

    private var floating: [String] {
        var table = TextTable(header: [
            "  floating address", "here", "leader", "priority", "interval", "last change here",
        ])
        for address in report.floating {
            let style: StyledText.Style =
                !address.isHeld ? .bad : (address.state == .initialize ? .caution : .good)
            table.add([
                StyledText("● \(address.address)", style), StyledText(address.state.rawValue),
                StyledText(Self.holder(of: address)),
                StyledText("\(address.priority)"), StyledText("\(address.intervalMilliseconds) ms"),
                StyledText(address.transitions.last.map(Self.text) ?? "-"),
            ])
        }
        return table.lines(width: shape.width, inColour: shape.hasColour)
    }

    private static func holder(of address: FloatingStatus) -> String {
        address.holderName ?? address.holderID.map { String($0.prefix(8)) } ?? address.holderAddress ?? "nobody"
    }

    private static func text(_ transition: FloatingStatus.Transition) -> String {
        "\(PlainNumbers.duration(seconds: transition.agoSeconds)) ago: \(transition.reason)"
    }

    private var details: [String] {
        let node = report.node
        let life = "\(node.short), bramble \(node.version), up \(PlainNumbers.duration(seconds: node.uptimeSeconds))"
        var rows = [
            ("this node", "\(node.name), " + (isWaiting ? "bramble \(node.version)" : life)),
            ("lights", lights), ("site", site),
            (
                "http",
                "port \(report.http.port), \(PlainNumbers.count(report.http.requests, "request")), "
                    + PlainNumbers.count(report.http.openConnections, "open connection")
            ),
            (
                "cluster key",
                report.cluster.keys?.text ?? report.cluster.keyFingerprint ?? "none: this node talks to no other"
            ),
            ("control", report.realTime ? "real-time priority" : "ordinary priority"),
        ]
        if let pairing = report.pairing?.text { rows.insert(("pairing", pairing), at: 1) }
        if let lease = report.lease { rows.insert(("address", lease.text), at: 1) }
        if report.drops.total > 0 { rows.append(("dropped", drops)) }
        return rows.flatMap { label, text in
            wrapped("\(label)\(String(repeating: " ", count: 13 - label.count))\(text)", .plain, indent: 13)
        }
    }

    private var lights: String {
        let signal = report.node.signal.split(separator: "_").joined(separator: " ")
        return "\(signal) (\(report.lights.problem ?? report.lights.output))"
    }

    private var site: String {
        guard let release = report.site.release else { return "none" }
        var text = "release \(release.prefix(8)), \(PlainNumbers.count(report.site.files, "file"))"
        text += ", \(PlainNumbers.size(report.site.bytes))"
        if let seconds = report.site.activatedSecondsAgo {
            text += ", served for \(PlainNumbers.duration(seconds: seconds))"
        }
        return text
    }

    private var drops: String {
        let reasons = report.drops.reasons.sorted { ($1.value, $0.key) < ($0.value, $1.key) }
        let list = reasons.map { "\($0.key.split(separator: "_").joined(separator: " ")) \($0.value)" }
        return "\(PlainNumbers.count(report.drops.total, "datagram")): \(list.joined(separator: ", "))"
    }

    private func wrapped(_ text: String, _ style: StyledText.Style, indent: Int = 2) -> [String] {
        LineWrap.lines(of: VisibleText.of(text), width: shape.width, indent: indent).map {
            StyledText($0, style).rendered(inColour: shape.hasColour)
        }
    }
}

extension MemberStatus {
    /// The address without its port.
    var host: String {
        guard let colon = address.lastIndex(of: ":") else { return address }
        let host = address[..<colon]
        return host.hasPrefix("[") ? String(host.dropFirst().dropLast()) : String(host)
    }

    /// The colour that says how it is.
    var style: StyledText.Style {
        switch state {
        case .alive: isServing && !isDraining ? .good : .caution
        case .suspect: .caution
        case .dead: .bad
        case .left: .faint
        }
    }
}
