internal import Wire

extension DHCPMessage {
    /// The message as UDP carries it; filled up to the 300 bytes below which old relays drop it (RFC 1542 §2.1).
    ///
    /// An option of more than 255 bytes is cut: none that is made here has as many.
    public var encoded: [UInt8] {
        var writer = ByteWriter(capacity: 300)
        writer.integer(operation.rawValue)
        writer.integer(UInt8(1))  // Ethernet
        writer.integer(UInt8(6))
        writer.integer(UInt8(0))  // hops
        writer.integer(transaction)
        writer.integer(seconds)
        writer.integer(UInt16(wantsBroadcast ? 0x8000 : 0))
        writer.integer(clientAddress)
        writer.integer(yourAddress)
        writer.integer(UInt64(0))  // next server and relay
        writer.append((hardwareAddress + [UInt8](repeating: 0, count: 16)).prefix(16))
        writer.append([UInt8](repeating: 0, count: 64 + 128))  // names of servers and files to boot from
        writer.integer(Self.cookie)
        write(options, with: &writer)
        writer.integer(OptionCode.end)
        let missing = 300 - writer.bytes.count
        return writer.bytes + [UInt8](repeating: 0, count: max(0, missing))
    }

    private func write(_ options: Options, with writer: inout ByteWriter) {
        func option(_ code: UInt8, _ value: [UInt8]?) {
            guard let value, !value.isEmpty else { return }
            writer.integer(code)
            writer.integer(UInt8(min(value.count, 255)))
            writer.append(value.prefix(255))
        }
        func number(_ code: UInt8, _ value: (some FixedWidthInteger & UnsignedInteger)?) {
            guard let value else { return }
            var number = ByteWriter(capacity: 4)
            number.integer(value)
            option(code, number.bytes)
        }
        option(OptionCode.kind, [kind.rawValue])
        option(OptionCode.clientIdentifier, options.clientIdentifier)
        number(OptionCode.requestedAddress, options.requestedAddress)
        number(OptionCode.server, options.server)
        number(OptionCode.leaseTime, options.leaseSeconds)
        number(OptionCode.renewalTime, options.renewalSeconds)
        number(OptionCode.rebindingTime, options.rebindingSeconds)
        number(OptionCode.subnetMask, options.subnetMask)
        number(OptionCode.router, options.router)
        number(OptionCode.maximumSize, options.maximumSize)
        option(OptionCode.hostName, options.hostName)
        option(OptionCode.text, options.text)
        option(OptionCode.parameterList, options.parameterList)
    }
}
