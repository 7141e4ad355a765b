import Database

/// The journal's payloads: little-endian integers and length-prefixed texts.
extension LedgerEntry {
    /// Texts are cut to this many bytes, so that a record's size is bounded.
    private static let textLimit = 400
    static let sizeLimit = 4096

    func encode(into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        func put(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) } }
        func put(_ text: String) {
            var text = text
            text.withUTF8 { bytes in
                let kept = bytes.prefix(Self.textLimit)
                put(Int64(kept.count))
                output.append(contentsOf: UnsafeBufferPointer(rebasing: kept))
            }
        }
        switch self {
        case .opened(let reservation, let userID, let tokenID, let amount):
            put(reservation)
            put(userID)
            put(tokenID)
            put(amount)
        case .refunded(let reservation): put(reservation)
        case .adjustedUser(let id, let delta), .adjustedToken(let id, let delta):
            put(id)
            put(delta)
        case .settled(let reservation, let userID, let tokenID, let chargesToken, let settlement):
            put(reservation)
            put(userID)
            put(tokenID)
            put(chargesToken ? 1 : 0)
            put(settlement.quota)
            put(settlement.channelID)
            put(settlement.time)
            guard let log = settlement.log else { return put(0) }
            put(1)
            put(log.createdAt)
            put(log.quota)
            put(log.promptTokens)
            put(log.completionTokens)
            put(log.elapsedTime)
            put((log.isStream ? 1 : 0) | (log.isSystemPromptReset ? 2 : 0))
            put(log.content)
            put(log.username)
            put(log.tokenName)
            put(log.modelName)
            put(log.requestID)
        }
    }

    /// `nil` for a record that this version does not know.
    init?(kind: UInt8, payload: UnsafeRawBufferPointer) {
        var reader = PayloadReader(bytes: payload)
        switch kind {
        case 1:
            self = .opened(
                reservation: reader.int(), userID: reader.int(), tokenID: reader.int(), amount: reader.int())
        case 2: self = Self.settled(&reader)
        case 3: self = .refunded(reservation: reader.int())
        case 4: self = .adjustedUser(id: reader.int(), delta: reader.int())
        case 5: self = .adjustedToken(id: reader.int(), delta: reader.int())
        default: return nil
        }
        if reader.isOverrun { return nil }
    }

    private static func settled(_ reader: inout PayloadReader) -> LedgerEntry {
        let (reservation, userID, tokenID) = (reader.int(), reader.int(), reader.int())
        let chargesToken = reader.int() == 1
        var settlement = Settlement(quota: reader.int(), channelID: reader.int(), log: nil, time: reader.int())
        if reader.int() == 1 {
            var log = LogRecord()
            log.type = LogRecord.Kind.consume.rawValue
            log.userID = userID
            log.channelID = settlement.channelID
            log.createdAt = reader.int()
            log.quota = reader.int()
            log.promptTokens = reader.int()
            log.completionTokens = reader.int()
            log.elapsedTime = reader.int()
            let flags = reader.int()
            log.isStream = flags & 1 != 0
            log.isSystemPromptReset = flags & 2 != 0
            log.content = reader.text()
            log.username = reader.text()
            log.tokenName = reader.text()
            log.modelName = reader.text()
            log.requestID = reader.text()
            settlement.log = log
        }
        return .settled(
            reservation: reservation, userID: userID, tokenID: tokenID, chargesToken: chargesToken,
            settlement: settlement)
    }
}

private struct PayloadReader {
    let bytes: UnsafeRawBufferPointer
    private var position = 0
    private(set) var isOverrun = false

    init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    mutating func int() -> Int64 {
        guard position + 8 <= bytes.count else {
            isOverrun = true
            return 0
        }
        defer { position += 8 }
        return Int64(littleEndian: bytes.loadUnaligned(fromByteOffset: position, as: Int64.self))
    }

    mutating func text() -> String {
        let count = int()
        guard count >= 0, count <= bytes.count - position else {
            isOverrun = true
            return ""
        }
        defer { position += Int(count) }
        return String(decoding: bytes[position..<(position + Int(count))], as: UTF8.self)
    }
}
