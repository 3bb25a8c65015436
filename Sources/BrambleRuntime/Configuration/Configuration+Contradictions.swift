internal import Wire

/// What no setting shows alone: settings that do not go together.
extension Configuration {
    func reportContradictions(_ reader: inout SettingReader) {
        reportKeys(&reader)
        reportFloatingAddresses(&reader)
        reportRouterIDs(&reader)
        for (index, peer) in cluster.peers.enumerated() where floating.addresses.contains(peer.ip) {
            let complaint = Complaint(
                "is a floating address, which moves from node to node", advice: "Name a node's own address.")
            reader.report("cluster.peers[\(index)]", .string("\(peer)"), complaint)
        }
        reportUnheardAddresses(&reader)
    }

    private func reportKeys(_ reader: inout SettingReader) {
        if reader.has("cluster", "key"), reader.has("cluster", "keys") {
            let complaint = Complaint(
                "stands beside keys, and only one of them may", advice: "Keep keys, with the newest key first.")
            reader.report("cluster.key", nil, complaint)
        } else if reader.has("cluster", "keys"), cluster.keyring == nil, !reader.hasErrors(in: "cluster.keys") {
            let complaint = Complaint("is an empty list", advice: "`bramble key new` makes a key.")
            reader.report("cluster.keys", nil, complaint)
        } else if cluster.keyring == nil, !cluster.pairing, !["cluster", "[", "key"].contains(where: reader.hasErrors) {
            let complaint = Complaint(
                "is missing",
                advice: "Without it, and without pairing, this node serves nothing but a page that says so. "
                    + "Run `bramble key new` once, and give every node of the cluster the same key.")
            reader.report(Self.keyPath, nil, complaint, severity: .warning)
        }
    }

    /// The path that the warning of a missing key has.
    static let keyPath = "cluster.key"

    private func reportFloatingAddresses(_ reader: inout SettingReader) {
        if reader.has("floating", "address"), reader.has("floating", "addresses") {
            let complaint = Complaint(
                "stands beside addresses, and only one of them may", advice: "Keep addresses, with all of them.")
            reader.report("floating.address", nil, complaint)
        }
        if floating.isAutomatic, floating.mode == .standard {
            let complaint = Complaint(
                "is \"standard\", but no address is named: others in the group must know it beforehand",
                advice: "Name the addresses in [floating] addresses.")
            reader.report("floating.mode", nil, complaint)
        }
        if cluster.unicastOnly, cluster.peers.isEmpty {
            let complaint = Complaint(
                "leaves this node without anyone to talk to", advice: "Name the other nodes in [cluster] peers.")
            reader.report("cluster.unicast_only", .boolean(true), complaint)
        }
        if floating.trackWeight > 0, floating.trackInterfaces.isEmpty {
            let complaint = Complaint(
                "does nothing without track_interfaces", advice: "Name the interfaces, or leave the weight out.")
            reader.report("floating.track_weight", nil, complaint, severity: .warning)
        }
        if floating.preemptDelay > .zero, !floating.preempt {
            let complaint = Complaint("does nothing without preempt = true")
            reader.report("floating.preempt_delay", nil, complaint, severity: .warning)
        }
    }

    private func reportRouterIDs(_ reader: inout SettingReader) {
        let count = floating.addresses.count + (floating.isAutomatic ? 1 : 0)
        let last = Int(floating.routerID) + count - 1
        guard last > 255, floating.mode == .sealed else { return }
        let complaint = Complaint(
            "leaves no number for each of the \(count) addresses: the last would be \(last), "
                + "and 255 is the highest",
            advice: "Take \(max(1, 256 - count)) at most.")
        reader.report("floating.router_id", .integer(Int64(floating.routerID)), complaint)
    }

    /// A web server that listens on some addresses only must listen on the floating ones, or nobody is served there.
    private func reportUnheardAddresses(_ reader: inout SettingReader) {
        let heard = http.addresses
        guard !heard.isEmpty, !heard.contains(.v4(0)), !heard.contains(.v6(0, 0)) else { return }
        for address in floating.addresses where !heard.contains(address) {
            let complaint = Complaint(
                "leaves out the floating address \(address): the page cannot be opened there",
                advice: "Add \"\(address)\", or leave the list empty to listen on all addresses.")
            reader.report("http.addresses", nil, complaint, severity: .warning)
        }
        if floating.isAutomatic {
            let complaint = Complaint(
                "leaves out the floating address that a DHCP server gives: the page cannot be opened there",
                advice:
                    "Leave the list empty to listen on all addresses, or name the addresses in [floating] addresses.")
            reader.report("http.addresses", nil, complaint, severity: .warning)
        }
    }
}
