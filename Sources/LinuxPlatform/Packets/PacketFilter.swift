internal import CLinux

/// Small programs of the classic BPF machine, by which the kernel decides whether a packet socket hears of a packet.
enum PacketFilter {
    /// A jump spans 255 instructions at most.
    static let mostValues = 120

    /// Accepts a packet if one of the 32-bit words at these offsets is one of the values (in host order).
    static func accept(ifWordAt offsets: [UInt32], isOneOf values: [UInt32]) -> [sock_filter] {
        let values = values.prefix(mostValues)
        // Backwards: how far it is to the last instruction is known then.
        var program = [statement(BPF_RET | BPF_K, UInt32.max), statement(BPF_RET | BPF_K, 0)]
        for offset in offsets.reversed() {
            for value in values.reversed() {
                program.append(jump(ifEqualTo: value, forward: UInt8(truncatingIfNeeded: program.count - 1)))
            }
            program.append(statement(BPF_LD | BPF_W | BPF_ABS, offset))
        }
        return program.reversed()
    }

    /// Refuses a packet unless the byte at the offset is one of the values; else goes on with the rest.
    static func demand(byteAt offset: UInt32, isOneOf values: [UInt32], then rest: [sock_filter]) -> [sock_filter] {
        var program = [statement(BPF_LD | BPF_B | BPF_ABS, offset)]
        for (index, value) in values.enumerated() {
            program.append(jump(ifEqualTo: value, forward: UInt8(truncatingIfNeeded: values.count - index)))
        }
        return program + [statement(BPF_RET | BPF_K, 0)] + rest
    }

    static func attach(_ program: [sock_filter], to socket: Int32) throws(SystemError) {
        var program = program
        let count = UInt16(truncatingIfNeeded: program.count)
        try check(bramble_attach_filter(socket, &program, count), "filter a packet socket")
    }

    private static func statement(_ code: Int32, _ operand: UInt32) -> sock_filter {
        sock_filter(code: UInt16(code), jt: 0, jf: 0, k: operand)
    }

    private static func jump(ifEqualTo value: UInt32, forward: UInt8) -> sock_filter {
        sock_filter(code: UInt16(BPF_JMP | BPF_JEQ | BPF_K), jt: forward, jf: 0, k: value)
    }
}
