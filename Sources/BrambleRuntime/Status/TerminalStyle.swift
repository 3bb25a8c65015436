internal import Glibc

/// Text with a colour that a terminal may show.
struct StyledText: Hashable, Sendable {
    /// The few colours that stand for something.
    enum Style: String, Sendable {
        case plain = ""
        case good = "32"
        case caution = "33"
        case bad = "31"
        case strong = "1"
        case faint = "2"
    }

    var text: String
    var style: Style

    init(_ text: String, _ style: Style = .plain) {
        self.text = VisibleText.of(text)
        self.style = style
    }

    /// How many columns it takes.
    var width: Int { text.count }

    /// At most `width` columns of it.
    func cut(to width: Int) -> StyledText {
        guard text.count > width else { return self }
        var cut = self
        cut.text = width > 0 ? text.prefix(width - 1) + "…" : ""
        return cut
    }

    /// The text, with escape sequences if colours are wanted (ECMA-48 §8.3.117).
    func rendered(inColour: Bool) -> String {
        inColour && style != .plain ? "\u{1B}[\(style.rawValue)m\(text)\u{1B}[0m" : text
    }
}

/// What the output can show.
public struct TerminalShape: Hashable, Sendable {
    /// Columns; no line gets longer.
    public var width: Int
    /// Lines of the window; nil if the output is no terminal.
    public var height: Int?
    /// Whether colours are wanted.
    public var hasColour: Bool

    /// A shape of these measures.
    public init(width: Int = 100, height: Int? = nil, hasColour: Bool = false) {
        self.width = width
        self.height = height
        self.hasColour = hasColour
    }

    /// The shape of what this descriptor leads to.
    ///
    /// Colours only on a terminal, and neither if `NO_COLOR` is set and not empty (no-color.org) nor if the terminal is
    /// dumb.
    public static func of(descriptor: Int32, environment: (String) -> String? = Self.variable) -> TerminalShape {
        guard isatty(descriptor) == 1 else { return TerminalShape() }
        var size = winsize()
        let isKnown = ioctl(descriptor, UInt(TIOCGWINSZ), &size) == 0 && size.ws_col > 0
        return TerminalShape(
            width: isKnown ? max(40, Int(size.ws_col)) : 80, height: isKnown ? Int(size.ws_row) : 24,
            hasColour: wantsColour(environment))
    }

    /// A text for whoever reads this descriptor: broken between words on a terminal, and left whole for a program.
    public static func text(_ text: String, for descriptor: Int32) -> String {
        guard isatty(descriptor) == 1 else { return text }
        let width = of(descriptor: descriptor).width
        return text.split(separator: "\n", omittingEmptySubsequences: false).flatMap {
            LineWrap.lines(of: String($0), width: width, indent: 2)
        }.joined(separator: "\n")
    }

    static func wantsColour(_ environment: (String) -> String?) -> Bool {
        (environment("NO_COLOR") ?? "").isEmpty && environment("TERM") != "dumb"
    }

    /// A variable of the environment.
    public static func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
}
