import Database

/// One change of balances, for the journal and the database.
enum LedgerEntry: Sendable {
    case opened(reservation: Int64, userID: Int64, tokenID: Int64, amount: Int64)
    case settled(reservation: Int64, userID: Int64, tokenID: Int64, chargesToken: Bool, settlement: Settlement)
    case refunded(reservation: Int64)
    /// A record of version 0.1, like the next one.
    case adjustedUser(id: Int64, delta: Int64)
    case adjustedToken(id: Int64, delta: Int64)
    /// Adds to a user's balance, with its log row.
    case creditedUser(id: Int64, delta: Int64, log: LogRecord?)
    /// Sets a user's balance.
    case setUser(id: Int64, quota: Int64, log: LogRecord?)
    /// Sets a token's limit.
    case setToken(id: Int64, quota: Int64, isUnlimited: Bool)

    /// Whether it goes to the database.
    var movesSomething: Bool {
        switch self {
        case .opened, .refunded: false
        case .settled, .adjustedUser, .adjustedToken, .creditedUser, .setUser, .setToken: true
        }
    }

    var kind: UInt8 {
        switch self {
        case .opened: 1
        case .settled: 2
        case .refunded: 3
        case .adjustedUser: 4
        case .adjustedToken: 5
        case .creditedUser: 6
        case .setUser: 7
        case .setToken: 8
        }
    }
}

extension LogRecord {
    /// How many bytes of each text the journal keeps: the content, the names of user, token and model, the request id.
    static let journalLimits = (content: 640, username: 128, tokenName: 160, modelName: 256, requestID: 64)

    /// Cuts the texts to what the journal keeps, so that a row from memory equals the row from the journal.
    mutating func cutForJournal() {
        let limits = Self.journalLimits
        content.cut(to: limits.content)
        username.cut(to: limits.username)
        tokenName.cut(to: limits.tokenName)
        modelName.cut(to: limits.modelName)
        requestID.cut(to: limits.requestID)
    }
}

extension String {
    /// Keeps the whole characters that fit in this many bytes.
    fileprivate mutating func cut(to limit: Int) {
        guard utf8.count > limit else { return }
        var end = utf8.index(utf8.startIndex, offsetBy: limit)
        while end > startIndex, UTF8.isContinuation(utf8[end]) { end = utf8.index(before: end) }
        self = String(self[..<end])
    }
}
