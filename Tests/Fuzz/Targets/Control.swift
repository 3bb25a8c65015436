@testable import BrambleRuntime
@testable import LinuxPlatform

extension FuzzTarget {
    /// What comes by the control socket. The first byte says how it arrives; what it says must not depend on that.
    static let control = FuzzTarget("control", longest: 2000) {
        let lines = [
            "{\"command\":\"status\"}\n",
            "{\"command\":\"identify\",\"node\":\"pi-oak\"}\r\n{\"command\":\"reload\"}\n",
            "{\"command\":\"drain\"}\n{\"command\":\"resume\",\"node\":\"0a\"}\n", "\n\n{\"command\":1}\nnonsense\n",
            "{\"command\":\"resign\",\"address\":\"192.0.2.250\",\"more\":[1.5e3,null,{\"a\":\"\\ud83d\\ude00\"}]}\n{",
        ]
        return lines.enumerated().map { [UInt8($0.offset * 40)] + Array($0.element.utf8) }
    } check: { bytes throws(Finding) in
        let longest = 500
        let sent = Array(bytes.dropFirst())
        var rest = sent
        let whole = try? LineBuffer.takeLines(from: &rest, longest: longest)
        let step = 1 + Int(bytes.first ?? 0)
        var partial: [UInt8] = []
        var inPieces: [String]? = []
        for begin in stride(from: 0, to: sent.count, by: step) where inPieces != nil {
            partial += sent[begin..<min(sent.count, begin + step)]
            let lines = try? LineBuffer.takeLines(from: &partial, longest: longest)
            inPieces = lines.flatMap { lines in inPieces.map { $0 + lines } }
            try demand(inPieces == nil || partial.count <= longest, "\(partial.count) bytes are kept")
        }
        try demand(whole == inPieces, "the lines depend on how they arrive")
        for line in whole ?? [] { try check(line: line) }
    }

    private static func check(line: String) throws(Finding) {
        do {
            let request = try ControlRequest(line: line)
            let again = try? ControlRequest(line: request.line)
            try demand(again == request, "a request changes on the way: \(line)")
        } catch let refusal as ControlRequest.Refusal {
            try sane(refusal.description)
        } catch {
            throw Finding(description: "\(error)")
        }
        guard let value = try? JSONText.decode(JSONValue.self, from: line.utf8) else { return }
        let text = try demand(try? JSONText.text(value), "a value cannot be written")
        try demand((try? JSONText.decode(JSONValue.self, from: text.utf8)) == value, "a value changes on the way")
    }

    private static func sane(_ words: String) throws(Finding) {
        try demand(!words.unicodeScalars.contains { $0.value < 32 || $0.value == 127 }, "a terminal obeys \(words)")
        try demand(words.utf8.count < 500, "a refusal of \(words.utf8.count) bytes")
    }

    /// A packet as a raw IPv4 socket hands it over: with its header.
    static let rawPacket = FuzzTarget("raw-packet", longest: 200) {
        [[0x45] + [UInt8](repeating: 0, count: 27), [0x4F] + [UInt8](repeating: 1, count: 60), [0x60, 0], []]
    } check: { bytes throws(Finding) in
        let packet = [0, 0] + bytes
        // A slice that does not begin at zero.
        guard let payload = AdvertisementSocket.payload(of: packet[2...], isIPv4: true) else { return }
        try demand(payload.count <= bytes.count - 20, "a payload that overlaps its header")
        try demand(payload.elementsEqual(bytes.suffix(payload.count)), "a payload that is not the packet's end")
    }
}
