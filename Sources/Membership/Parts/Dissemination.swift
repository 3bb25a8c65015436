import Wire

/// Whose news still has to be spread: the least often sent goes first (SWIM §4.1).
///
/// Only the node IDs wait here; what is sent is what is known at that moment, so news never goes stale in the queue.
struct Dissemination: Sendable {
    private struct Item: Sendable {
        let node: NodeID
        var transmissions: Int
        /// Later news goes first among equals.
        let order: UInt64
    }

    private static let mostMisfits = 4

    private var items: [Item] = []
    private var order: UInt64 = 0

    var isEmpty: Bool { items.isEmpty }

    /// News about `node`: it will be sent from the start again.
    mutating func add(_ node: NodeID) {
        remove(node)
        order += 1
        items.insert(Item(node: node, transmissions: 0, order: order), at: 0)
    }

    mutating func remove(_ node: NodeID) { items.removeAll { $0.node == node } }

    /// Puts as much news as there is room for into `packet`, and counts it as sent once more.
    ///
    /// `encode` answers with the record to send, or nil for one that this receiver needs not be told: that counts too. A
    /// packet counts as full when several records in a row had no room: a long queue is not gone through for each packet.
    mutating func fill(_ packet: inout Packet, limit: Int, encode: (NodeID) -> [UInt8]?) {
        guard !items.isEmpty else { return }
        var misfits = 0
        for index in items.indices where misfits < Self.mostMisfits {
            if let record = encode(items[index].node), !packet.add(record) {
                misfits += 1
                continue
            }
            misfits = 0
            items[index].transmissions += 1
        }
        items.removeAll { $0.transmissions >= limit }
        items.sort { ($0.transmissions, $1.order) < ($1.transmissions, $0.order) }
    }
}
