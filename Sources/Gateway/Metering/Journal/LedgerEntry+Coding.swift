import Database

/// The journal's payloads: little-endian integers and length-prefixed texts.
extension LedgerEntry {
    /// The size of the largest record: a settlement with its log row, which has twenty integers and the texts.
    static let sizeLimit: Int = {
        let texts = LogRecord.journalLimits
        let bytes = texts.content + texts.username + texts.tokenName + texts.modelName + texts.requestID
        return JournalRecord.size(payload: bytes + 20 * 8)
    }()

    func encode(into output: inout [UInt8]) {
        output.removeAll(keepingCapacity: true)
        func put(_ value: Int64) { withUnsafeBytes(of: value.littleEndian) { output.append(contentsOf: $0) } }
        func put(_ text: String, _ limit: Int) {
            var text = text
            text.withUTF8 { bytes in
                let kept = bytes.prefix(limit)
                put(Int64(kept.count))
                output.append(contentsOf: UnsafeBufferPointer(rebasing: kept))
            }
        }
        func put(_ log: LogRecord) {
            let limits = LogRecord.journalLimits
            put(log.createdAt)
            put(log.quota)
            put(log.promptTokens)
            put(log.completionTokens)
            put(log.elapsedTime)
            put((log.isStream ? 1 : 0) | (log.isSystemPromptReset ? 2 : 0))
            put(log.content, limits.content)
            put(log.username, limits.username)
            put(log.tokenName, limits.tokenName)
            put(log.modelName, limits.modelName)
            put(log.requestID, limits.requestID)
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
            put(log)
        case .creditedUser(let id, let amount, let log), .setUser(let id, let amount, let log):
            put(id)
            put(amount)
            guard let log else { return put(0) }
            put(1)
            put(log.type)
            put(log)
        case .setToken(let id, let quota, let isUnlimited):
            put(id)
            put(quota)
            put(isUnlimited ? 1 : 0)
        }
    }

    /// Returns `nil` for a record that this version does not know.
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
        case 6: self = .creditedUser(id: reader.int(), delta: reader.int(), log: nil).adding(&reader)
        case 7: self = .setUser(id: reader.int(), quota: reader.int(), log: nil).adding(&reader)
        case 8: self = .setToken(id: reader.int(), quota: reader.int(), isUnlimited: reader.int() == 1)
        default: return nil
        }
        if reader.isOverrun { return nil }
    }

    private static func settled(_ reader: inout PayloadReader) -> LedgerEntry {
        let (reservation, userID, tokenID) = (reader.int(), reader.int(), reader.int())
        let chargesToken = reader.int() == 1
        var settlement = Settlement(quota: reader.int(), channelID: reader.int(), log: nil, time: reader.int())
        if reader.int() == 1 {
            var log = reader.log()
            log.type = LogRecord.Kind.consume.rawValue
            log.userID = userID
            log.channelID = settlement.channelID
            settlement.log = log
        }
        return .settled(
            reservation: reservation, userID: userID, tokenID: tokenID, chargesToken: chargesToken,
            settlement: settlement)
    }

    /// The entry of a user's balance, with the log row after it.
    private func adding(_ reader: inout PayloadReader) -> LedgerEntry {
        guard reader.int() == 1 else { return self }
        let type = reader.int()
        var log = reader.log()
        log.type = type
        switch self {
        case .creditedUser(let id, let delta, _):
            log.userID = id
            return .creditedUser(id: id, delta: delta, log: log)
        case .setUser(let id, let quota, _):
            log.userID = id
            return .setUser(id: id, quota: quota, log: log)
        default: return self
        }
    }
}
