import Arithmetic
import Database

extension LedgerGroup {
    /// The sums of entries in order. Where an entry sets a value, the sum starts again from it.
    init(_ entries: some Sequence<LedgerEntry>, position: LedgerPosition) {
        self.init(position: position)
        for entry in entries { add(entry) }
    }

    private mutating func add(_ entry: LedgerEntry) {
        switch entry {
        case .opened, .refunded: break
        case .adjustedUser(let id, let delta): credit(id, delta, nil)
        case .creditedUser(let id, let delta, let log): credit(id, delta, log)
        case .setUser(let id, let quota, let log):
            users[id, default: .init()].newQuota = quota
            users[id, default: .init()].quota = 0
            if let log { logs.append(log) }
        case .adjustedToken(let id, let delta):
            let token = tokens[id] ?? .init()
            tokens[id, default: token].remainQuota = token.remainQuota.plus(delta)
        case .setToken(let id, let quota, let isUnlimited):
            var token = tokens[id] ?? .init()
            (token.newRemainQuota, token.remainQuota, token.isUnlimited) = (quota, 0, isUnlimited)
            tokens[id] = token
        case .settled(_, let userID, let tokenID, let chargesToken, let settlement):
            settle(userID, tokenID, chargesToken, settlement)
        }
    }

    private mutating func credit(_ id: Int64, _ delta: Int64, _ log: LogRecord?) {
        let user = users[id] ?? .init()
        users[id, default: user].quota = user.quota.plus(delta)
        if let log { logs.append(log) }
    }

    private mutating func settle(_ userID: Int64, _ tokenID: Int64, _ chargesToken: Bool, _ settlement: Settlement) {
        // Take the value out and put it back: changing it inside the dictionary would cost an allocation each time.
        var user = users[userID] ?? .init()
        user.quota = user.quota.minus(settlement.quota)
        user.usedQuota = user.usedQuota.plus(settlement.quota)
        user.requestCount += 1
        users[userID] = user
        var token = tokens[tokenID] ?? .init()
        if chargesToken { token.remainQuota = token.remainQuota.minus(settlement.quota) }
        token.usedQuota = token.usedQuota.plus(settlement.quota)
        token.accessedTime = max(token.accessedTime, settlement.time)
        tokens[tokenID] = token
        channels[settlement.channelID] = (channels[settlement.channelID] ?? 0).plus(settlement.quota)
        if let log = settlement.log { logs.append(log) }
    }
}
