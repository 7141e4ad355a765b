import Database
import HTTP
import JSON

/// A user's own API tokens (spec/management-api.md §5.7).
enum TokenRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "token/", .common) { call in
            let order: Connection.TokenOrder =
                switch call.query.text("order") {
                case "remain_quota": .remainQuota
                case "used_quota": .usedQuota
                default: .id
                }
            let (user, page) = (try call.caller().id, call.query.page)
            return try await call.list({ try $0.tokens(userID: user, page: page, order: order) }) {
                $0.json(call.services.ledger)
            }
        },
        .init(.get, "token/search", .common) { call in
            let (user, keyword) = (try call.caller().id, call.query.text("keyword"))
            return try await call.list({ try $0.searchTokens(keyword, userID: user) }) { $0.json(call.services.ledger) }
        },
        .init(.get, "token/:id", .common) { .data(try await find(try $0.id(), $0).json($0.services.ledger)) },
        .init(.post, "token/", .common, create),
        .init(.put, "token/", .common, update),
        .init(.delete, "token/:id", .common, delete),
    ]

    private static func delete(_ call: Call) async throws -> ManagementAnswer {
        // Checks the owner first: a caller must not change another user's token, nor its entry in memory.
        let token = try await find(try call.id(), call)
        let isThere = try await call.services.tokens.changing(token: token.id) {
            let isThere = try await call.services.database.write { try $0.deleteToken(token.id, userID: token.userID) }
            // This comes before the end of the change, so that tasks with the old row find the account closed.
            if isThere { call.services.ledger.retire(token: token.id) }
            return isThere
        }
        guard isThere else { throw ManagementError.notFound }
        return .done
    }

    private static func find(_ id: Int64, _ call: Call) async throws -> TokenRecord {
        let user = try call.caller().id
        guard let token = try await call.services.database.read({ try $0.token(id: id, userID: user) }) else {
            throw ManagementError.notFound
        }
        return token
    }

    private static func create(_ call: Call) async throws -> ManagementAnswer {
        let wishes = try TokenWishes(await call.input())
        try wishes.check(isUnlimited: false)
        var token = TokenRecord()
        token.userID = try call.caller().id
        token.key = RandomText.tokenKey()
        token.name = wishes.name ?? ""
        token.createdTime = call.context.time
        token.accessedTime = call.context.time
        token.expiredTime = wishes.expiredTime.flatMap { $0 == 0 ? nil : $0 } ?? -1
        token.remainQuota = wishes.remainQuota ?? 0
        token.isUnlimited = wishes.isUnlimited ?? false
        token.models = wishes.models
        token.subnet = wishes.subnet ?? ""
        let made = token
        token.id = try await call.services.tokens.changing(token: 0) {
            try await call.services.database.write { try $0.insert(made) }
        }
        return .data(token.json(call.services.ledger))
    }

    /// Absent members stay as they are. one-api treats them as zero values, so a call that sends only a new name makes
    /// the token expire and sets its quota to zero.
    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let input = try await call.input()
        guard let id = try input.int("id"), id != 0 else { throw ManagementError("id 或 userId 为空！") }
        let token = try await find(id, call)
        if !call.query.text("status_only").isEmpty {
            guard let status = try input.choice("status", TokenStatus.self) else {
                throw ManagementError("invalid parameter: status must be 1 or 2")
            }
            try check(status, of: token, call)
            var changes = Changes()
            changes.set("status", .int(status.rawValue))
            return try await write(changes, nil, to: token, call)
        }
        let sent = input.changes(from: token.json(call.services.ledger))
        if let status = try sent.choice("status", TokenStatus.self) { try check(status, of: token, call) }
        let wishes = try TokenWishes(sent)
        try wishes.check(isUnlimited: token.isUnlimited)
        return try await write(wishes.changes, wishes.changesLimit ? wishes : nil, to: token, call)
    }

    /// Refuses to enable a token that would still be unusable.
    private static func check(_ status: TokenStatus, of token: TokenRecord, _ call: Call) throws {
        let stored = TokenStatus(rawValue: token.status)
        guard status == .enabled else { return }
        if stored == .expired, token.expiredTime != -1, token.expiredTime <= call.context.time {
            throw ManagementError("令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期")
        }
        let isSpent = call.services.ledger.isSpent(token: token.id) ?? (!token.isUnlimited && token.remainQuota <= 0)
        if stored == .exhausted, isSpent {
            throw ManagementError("令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度")
        }
    }

    /// - Parameter limit: set if the token's limit changes too. The ledger changes it, as it does every balance.
    private static func write(
        _ changes: Changes, _ limit: TokenWishes?, to token: TokenRecord, _ call: Call
    ) async throws -> ManagementAnswer {
        let (caller, ledger) = (try call.caller(), call.services.ledger)
        return try await call.services.tokens.changing(token: token.id) {
            // The same transaction reads the new row: if a later read failed, the answer would deny a change that was
            // made.
            let row = try await call.services.database.write { connection in
                _ = try connection.updateToken(token.id, changes)
                return try connection.token(id: token.id, userID: token.userID)
            }
            guard var changed = row else { throw ManagementError.notFound }
            guard let limit else { return .data(changed.json(ledger)) }
            ledger.open(user: caller, token: token)
            do throws(BalanceRefusal) {
                try ledger.setBalance(ofToken: token.id, to: limit.remainQuota, isUnlimited: limit.isUnlimited)
            } catch { throw error == .unknownAccount ? ManagementError.notFound : .quotaUnchanged }
            var answer = await ManagementAnswer.recorded(by: ledger)
            changed.isUnlimited = limit.isUnlimited ?? changed.isUnlimited
            answer.members.append(("data", changed.json(ledger)))
            return answer
        }
    }
}
