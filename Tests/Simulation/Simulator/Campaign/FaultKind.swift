/// A kind of trouble that a random run is made of.
package enum FaultKind: String, CaseIterable, Sendable {
    // The weather on the ways.
    case loss, delay, duplication, reordering, replay, queues
    // The ways themselves.
    case oneway, partition, partial, clog
    // Processes and their machines.
    case slow, hang, crash, power, disk, card, clock, address, lifelines, stop
    // People and surroundings.
    case drain, sickness, keys, forgery

    /// What it is, for people.
    package var explanation: String {
        switch self {
        case .loss: "up to 60 % of the datagrams are lost"
        case .delay: "datagrams take up to 60 ms, each its own time"
        case .duplication: "up to 30 % arrive twice"
        case .reordering: "up to 30 % are overtaken by later ones"
        case .replay: "some are sent again seconds later, by an attacker who recorded them"
        case .queues: "no more than a few are under way at once"
        case .oneway: "one node is not heard by another, which it hears"
        case .partition: "two groups do not hear each other"
        case .partial: "two nodes do not hear each other, and others hear both"
        case .clog: "what is under way is held back, and then comes at once"
        case .slow: "a process gets the processor for moments only"
        case .hang: "a process stands still, and goes on"
        case .crash: "a process is killed, and started again"
        case .power: "a machine loses its power, and gets it back"
        case .disk: "a machine loses its power and its disk"
        case .card: "a node is started from a copy of another's card"
        case .clock: "a monotonic clock leaps ahead"
        case .address: "a node gets another address"
        case .lifelines: "connections break although both processes run"
        case .stop: "a process ends as asked, and is started again"
        case .drain: "a node is taken out of service, and put back"
        case .sickness: "a node can't serve, and can again"
        case .keys: "the cluster's key is rotated"
        case .forgery: "somebody without the key changes what was heard, and sends it"
        }
    }

    /// How many nodes it takes.
    package var leastNodes: Int {
        switch self {
        case .partial: 3
        case .oneway, .partition, .clog, .card, .lifelines: 2
        default: 1
        }
    }

    /// The count that shows that it really happened.
    var evidence: KeyPath<FaultCounters, Int> {
        switch self {
        case .loss: \.lost
        case .delay: \.delayed
        case .duplication: \.duplicated
        case .reordering: \.heldBack
        case .replay: \.replayed
        case .queues: \.overflowed
        case .oneway: \.cutOneWay
        case .partition: \.cutInWhole
        case .partial: \.cutInPart
        case .clog: \.clogged
        case .slow: \.stalls
        case .hang: \.resumes
        case .crash: \.kills
        case .power: \.powerCuts
        case .disk: \.restartsWithoutDisk
        case .card: \.copies
        case .clock: \.clockJumps
        case .address: \.moves
        case .lifelines: \.lifelinesBroken
        case .stop: \.stops
        case .drain: \.drains
        case .sickness: \.sicknesses
        case .keys: \.rotations
        case .forgery: \.forged
        }
    }
}
