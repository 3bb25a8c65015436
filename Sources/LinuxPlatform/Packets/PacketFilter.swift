internal import CLinux

/// Small programs of the classic BPF machine, by which the kernel decides whether a socket hears of a packet.
enum PacketFilter {
    /// A jump spans 255 instructions at most: behind so many comparisons stands what they jump to.
    private static let mostInRow = 200
    /// The kernel takes 4096 instructions, and of memory for them what net.core.optmem_max allows: 20 KiB of old, eight
    /// bytes for each, or sixteen for a comparison with a value from 2³¹ on.
    static let mostComparisons = 1000

    /// Accepts a packet if one of the 32-bit words at these offsets is one of the values (in host order). Where those are
    /// too many for the kernel it accepts every packet, and who reads them is to look.
    static func accept(ifWordAt offsets: [UInt32], isOneOf values: [UInt32]) -> [sock_filter] {
        let acceptance = statement(BPF_RET | BPF_K, UInt32.max)
        guard offsets.count * values.count <= mostComparisons else { return [acceptance] }
        var program: [sock_filter] = []
        for offset in offsets {
            program.append(statement(BPF_LD | BPF_W | BPF_ABS, offset))
            for begin in stride(from: 0, to: values.count, by: mostInRow) {
                let row = values[begin..<min(begin + mostInRow, values.count)]
                for (place, value) in row.enumerated() {
                    program.append(jump(ifEqualTo: value, forward: UInt8(truncatingIfNeeded: row.count - place)))
                }
                program += [statement(BPF_JMP | BPF_JA, 1), acceptance]
            }
        }
        return program + [statement(BPF_RET | BPF_K, 0)]
    }

    /// Refuses a packet unless the byte at the offset is one of the values; else goes on with the rest.
    static func demand(byteAt offset: UInt32, isOneOf values: [UInt32], then rest: [sock_filter]) -> [sock_filter] {
        var program = [statement(BPF_LD | BPF_B | BPF_ABS, offset)]
        for (index, value) in values.enumerated() {
            program.append(jump(ifEqualTo: value, forward: UInt8(truncatingIfNeeded: values.count - index)))
        }
        return program + [statement(BPF_RET | BPF_K, 0)] + rest
    }

    /// Accepts a UDP datagram if its payload begins with these bytes: what a UDP socket shows its filter begins with the
    /// UDP header. What is too short for that is refused.
    static func accept(ifPayloadBeginsWith bytes: [UInt8]) -> [sock_filter] {
        let header: UInt32 = 8
        return bytes.enumerated().reversed().reduce([statement(BPF_RET | BPF_K, UInt32.max)]) { rest, byte in
            demand(byteAt: header + UInt32(byte.offset), isOneOf: [UInt32(byte.element)], then: rest)
        }
    }

    static func attach(_ program: [sock_filter], to socket: Int32) throws(SystemError) {
        var program = program
        let count = UInt16(truncatingIfNeeded: program.count)
        try check(bramble_attach_filter(socket, &program, count), "filter a socket")
    }

    private static func statement(_ code: Int32, _ operand: UInt32) -> sock_filter {
        sock_filter(code: UInt16(code), jt: 0, jf: 0, k: operand)
    }

    private static func jump(ifEqualTo value: UInt32, forward: UInt8) -> sock_filter {
        sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: forward, jf: 0, k: value)
    }
}
