internal import Wire

/// What a person asks of the daemon: one JSON object on a line of its own.
///
/// `{"command":"status"}`, `{"command":"identify","node":"pi-oak"}`, `{"command":"drain"}`.
public enum ControlRequest: Hashable, Sendable {
    /// Report what you know.
    case status
    /// Blink the lights of this node: its ID, the first digits of it, or its name.
    case identify(node: String)
    /// Take a node out of service without failing a request: its ID, the first digits of it, or its name; nil for the
    /// one that is asked.
    case drain(node: String?)
    /// Put it back into service.
    case resume(node: String?)
    /// Give up this floating address, or with nil every one, and stay in service.
    case resign(address: String?)
    /// Make a new cluster key, and give it to every member.
    case rotateKey
    /// Drop every cluster key but the newest; with `force` even if that locks members out.
    case dropKey(force: Bool)
    /// Let in the node that asks with this fingerprint.
    case admit(fingerprint: String)
    /// Gather nodes without a key, gather no more, or ask to be let into another cluster.
    case pair(PairingWish)
    /// Read the configuration again.
    case reload

    /// What a person wants of pairing.
    public enum PairingWish: Hashable, Sendable {
        /// Gather nodes that have no key, for a while.
        case open
        /// Gather no more.
        case close
        /// Ask the node of another cluster that shows this fingerprint to let this one in, and all of its own cluster.
        case join(fingerprint: String)

        var name: String {
            switch self {
            case .open: "open"
            case .close: "close"
            case .join: "join"
            }
        }
    }

    /// The longest line that is read (bytes): LinuxPlatform's limit for what a client may send.
    public static let longestLine = 4096
    /// The longest name of a node that is taken (bytes).
    public static let longestNode = 64

    /// Why a line is no request; goes back to whoever sent it.
    public struct Refusal: Error, Hashable, Sendable, CustomStringConvertible {
        /// What is wrong.
        public let description: String
    }

    /// Reads a line. Whatever is in it, this returns or throws, and a message repeats nothing that a terminal obeys.
    public init(line: String) throws(Refusal) {
        guard line.utf8.count <= Self.longestLine else {
            throw Refusal(description: "the request is longer than \(Self.longestLine) bytes")
        }
        guard let form = try? JSONText.decode(Form.self, from: line.utf8) else {
            throw Refusal(description: "the request is no JSON object with a \"command\"")
        }
        switch form.command {
        case "status": self = .status
        case "drain": self = .drain(node: try form.node.map(Self.node))
        case "resume": self = .resume(node: try form.node.map(Self.node))
        case "resign":
            if let address = form.address, address.utf8.count > Self.longestNode {
                throw Refusal(description: "the \"address\" is longer than any address")
            }
            self = .resign(address: form.address)
        case "reload": self = .reload
        case "rotate_key": self = .rotateKey
        case "drop_key": self = .dropKey(force: form.force ?? false)
        case "admit": self = .admit(fingerprint: try Self.fingerprint(form.fingerprint))
        case "pair":
            switch form.wish {
            case "open": self = .pair(.open)
            case "close": self = .pair(.close)
            case "join": self = .pair(.join(fingerprint: try Self.fingerprint(form.fingerprint)))
            default: throw Refusal(description: "this needs a \"wish\": open, close or join")
            }
        case "identify": self = .identify(node: try Self.node(form.node))
        default:
            let command = TOMLNode.quoted(form.command, limit: 32)
            throw Refusal(
                description:
                    "unknown command \(command): there are status, identify, drain, resume, resign, rotate_key, "
                    + "drop_key, admit, pair and reload")
        }
    }

    /// The request as a line, without its end.
    public var line: String {
        get throws { try JSONText.text(form) }
    }

    private static func node(_ name: String?) throws(Refusal) -> String {
        guard let name, (1...longestNode).contains(name.utf8.count) else {
            throw Refusal(description: "this needs a \"node\": an ID, its first digits, or a name")
        }
        return name
    }

    private static func fingerprint(_ text: String?) throws(Refusal) -> String {
        guard let text, text.utf8.count == PairingKey.fingerprintLength, text.allSatisfy({ $0.isHexDigit || $0 == "-" })
        else {
            throw Refusal(
                description:
                    "this needs a whole \"fingerprint\": five groups of four hexadecimal digits")
        }
        return text.lowercased()
    }

    private struct Form: Codable {
        var command: String
        var node: String?
        var address: String?
        var force: Bool?
        var fingerprint: String?
        var wish: String?
    }

    private var form: Form {
        switch self {
        case .status: Form(command: "status")
        case .identify(let node): Form(command: "identify", node: node)
        case .drain(let node): Form(command: "drain", node: node)
        case .resume(let node): Form(command: "resume", node: node)
        case .resign(let address): Form(command: "resign", address: address)
        case .rotateKey: Form(command: "rotate_key")
        case .dropKey(let force): Form(command: "drop_key", force: force)
        case .admit(let fingerprint): Form(command: "admit", fingerprint: fingerprint)
        case .pair(.join(let fingerprint)): Form(command: "pair", fingerprint: fingerprint, wish: "join")
        case .pair(let wish): Form(command: "pair", wish: wish.name)
        case .reload: Form(command: "reload")
        }
    }
}

/// What the daemon answers: one JSON object on a line of its own.
public struct ControlReply: Codable, Hashable, Sendable {
    /// Whether it was done.
    public var ok: Bool
    /// Why not, for people.
    public var error: String?
    /// The report, if one was asked for.
    public var status: StatusReport?
    /// What was done, for people.
    public var message: String?
    /// The ID of the node that it was done to, where another can be meant than the one that answers.
    public var node: String?
    /// The fingerprint of the key that was made, or that alone is kept.
    public var key: String?

    /// It was done.
    public static func done(_ message: String? = nil) -> ControlReply { ControlReply(ok: true, message: message) }

    /// The report that was asked for.
    public static func report(_ status: StatusReport) -> ControlReply { ControlReply(ok: true, status: status) }

    /// It was not done, because of this.
    public static func failed(_ error: String) -> ControlReply { ControlReply(ok: false, error: error) }

    /// The reply as a line, without its end.
    public var line: String {
        get throws { try JSONText.text(self) }
    }
}
