public import Wire

extension DHCPMessage {
    /// Reads a message as UDP carries it.
    ///
    /// Throws `truncated` where fields or options end too soon, and `badValue` for another hardware than Ethernet, a
    /// missing cookie or kind, or an option whose length its definition rules out. Options in the fields for names are
    /// read where the message says that there are some (RFC 2132 §9.3), the parts of one that occurs several times are
    /// put together (RFC 3396), and a missing end mark is forgiven.
    public init(decoding bytes: [UInt8]) throws(DecodeError) {
        var reader = ByteReader(bytes)
        guard let operation = Operation(rawValue: try reader.integer()), try reader.integer(UInt8.self) == 1,
            try reader.integer(UInt8.self) == 6
        else { throw .badValue }
        _ = try reader.integer(UInt8.self)
        let transaction = try reader.integer(UInt32.self)
        let seconds = try reader.integer(UInt16.self)
        let flags = try reader.integer(UInt16.self)
        let clientAddress = try reader.integer(UInt32.self)
        let yourAddress = try reader.integer(UInt32.self)
        _ = try reader.integer(UInt64.self)
        let hardware = Array(try reader.bytes(16).prefix(6))
        let serverName = try reader.bytes(64)
        let file = try reader.bytes(128)
        guard try reader.integer(UInt32.self) == Self.cookie else { throw .badValue }
        var raw = RawOptions()
        try raw.read(reader.remainder())
        let overload = raw.values[OptionCode.overload]?.first ?? 0
        if overload & 1 != 0 { try raw.read(file) }
        if overload & 2 != 0 { try raw.read(serverName) }
        guard let kind = try raw.number(OptionCode.kind, UInt8.self).flatMap(Kind.init) else { throw .badValue }
        self.init(operation, kind, transaction: transaction, hardwareAddress: hardware)
        self.seconds = seconds
        wantsBroadcast = flags & 0x8000 != 0
        self.clientAddress = clientAddress
        self.yourAddress = yourAddress
        options = try raw.options
    }
}

/// Options by their numbers, not yet understood.
private struct RawOptions {
    private(set) var values: [UInt8: [UInt8]] = [:]

    /// Reads one field of options, up to its end mark.
    mutating func read(_ field: ArraySlice<UInt8>) throws(DecodeError) {
        var reader = ByteReader(field)
        while reader.count > 0 {
            let code = try reader.integer(UInt8.self)
            if code == OptionCode.end { return }
            if code == OptionCode.pad { continue }
            let length = try reader.integer(UInt8.self)
            values[code, default: []] += try reader.bytes(Int(length))
        }
    }

    /// An option of a fixed length; nil if it is not there.
    func number<Number: FixedWidthInteger & UnsignedInteger>(
        _ code: UInt8, _ type: Number.Type = Number.self
    ) throws(DecodeError) -> Number? {
        guard let value = values[code] else { return nil }
        var reader = ByteReader(value)
        let number = try reader.integer(type)
        guard reader.count == 0 else { throw .badValue }
        return number
    }

    /// The first address of a list; nil if the list is not there.
    private func firstAddress(_ code: UInt8) throws(DecodeError) -> UInt32? {
        guard let value = values[code] else { return nil }
        guard value.count.isMultiple(of: 4) else { throw .badValue }
        var reader = ByteReader(value)
        return try reader.integer(UInt32.self)
    }

    var options: DHCPMessage.Options {
        get throws(DecodeError) {
            var options = DHCPMessage.Options()
            options.subnetMask = try number(OptionCode.subnetMask)
            options.router = try firstAddress(OptionCode.router)
            options.hostName = values[OptionCode.hostName]
            options.requestedAddress = try number(OptionCode.requestedAddress)
            options.leaseSeconds = try number(OptionCode.leaseTime)
            options.server = try number(OptionCode.server)
            options.parameterList = values[OptionCode.parameterList]
            options.text = values[OptionCode.text]
            options.maximumSize = try number(OptionCode.maximumSize)
            options.renewalSeconds = try number(OptionCode.renewalTime)
            options.rebindingSeconds = try number(OptionCode.rebindingTime)
            options.clientIdentifier = values[OptionCode.clientIdentifier]
            return options
        }
    }
}
