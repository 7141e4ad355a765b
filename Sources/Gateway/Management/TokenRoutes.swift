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
        // Whose it is comes first: nothing of another's token may be touched, not even what memory keeps of it.
        let token = try await find(try call.id(), call)
        let isThere = try await call.services.tokens.changing(token: token.id) {
            let isThere = try await call.services.database.write { try $0.deleteToken(token.id, userID: token.userID) }
            // Before the change ends: whoever reads the row that it had finds the account closed for good.
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

    /// The members that a client may choose, checked.
    private struct Wishes {
        let name: String
        let expiredTime: Int64?
        let remainQuota: Int64
        let isUnlimited: Bool
        let models: String?
        let subnet: String?

        /// The last second of the year 9999.
        private static let latest: Int64 = 253_402_300_799

        init(_ input: InputObject) throws {
            name = try input.text("name") ?? ""
            expiredTime = try input.int("expired_time", -1...Self.latest)
            remainQuota = try input.quota("remain_quota") ?? 0
            isUnlimited = try input.bool("unlimited_quota") ?? false
            models = try input.text("models", limit: 16_384)
            subnet = try input.text("subnet", limit: 2048)
            // one-api counts bytes here; characters are meant.
            guard name.hasAtMost(30), !name.utf8.contains(0) else { throw ManagementError("参数错误：令牌名称过长") }
            for part in (subnet ?? "").split(separator: ",") where Subnet(part.filter { $0 != " " }) == nil {
                throw ManagementError("参数错误：无效的网段：\(part)")
            }
        }
    }

    private static func create(_ call: Call) async throws -> ManagementAnswer {
        let wishes = try Wishes(await call.input())
        var token = TokenRecord()
        token.userID = try call.caller().id
        token.key = RandomText.tokenKey()
        token.name = wishes.name
        token.createdTime = call.context.time
        token.accessedTime = call.context.time
        token.expiredTime = wishes.expiredTime.flatMap { $0 == 0 ? nil : $0 } ?? -1
        token.remainQuota = wishes.remainQuota
        token.isUnlimited = wishes.isUnlimited
        token.models = wishes.models
        token.subnet = wishes.subnet
        let made = token
        token.id = try await call.services.tokens.changing(token: 0) {
            try await call.services.database.write { try $0.insert(made) }
        }
        return .data(token.json(call.services.ledger))
    }

    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let input = try await call.input()
        guard let id = try input.int("id"), id != 0 else { throw ManagementError("id 或 userId 为空！") }
        let token = try await find(id, call)
        let status = try input.choice("status", TokenStatus.self)
        let isStatusOnly = !call.query.text("status_only").isEmpty
        let isSpent = call.services.ledger.isSpent(token: id) ?? (!token.isUnlimited && token.remainQuota <= 0)
        let stored = TokenStatus(rawValue: token.status)
        if status == .enabled, stored == .expired, token.expiredTime != -1, token.expiredTime <= call.context.time {
            throw ManagementError("令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期")
        }
        if status == .enabled, stored == .exhausted, isSpent {
            throw ManagementError("令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度")
        }
        var changes = Changes()
        var limit: (quota: Int64, isUnlimited: Bool)?
        if isStatusOnly {
            guard let status else { throw ManagementError("invalid parameter: status must be 1 or 2") }
            changes.set("status", .int(status.rawValue))
        } else {
            let wishes = try Wishes(input)
            changes.set("name", .text(wishes.name))
            changes.set("expired_time", .int(wishes.expiredTime ?? 0))
            changes.set("models", SQLValue(wishes.models))
            changes.set("subnet", SQLValue(wishes.subnet))
            limit = (wishes.remainQuota, wishes.isUnlimited)
        }
        let (update, caller, ledger) = (changes, try call.caller(), call.services.ledger)
        return try await call.services.tokens.changing(token: id) {
            // The row as it is now comes from the same transaction: no failing read may deny a change that was made.
            let row = try await call.services.database.write { connection in
                _ = try connection.updateToken(id, update)
                return try connection.token(id: id, userID: token.userID)
            }
            guard var changed = row else { throw ManagementError.notFound }
            guard let limit else { return .data(changed.json(ledger)) }
            // The limit goes through the ledger, as every change of a balance does.
            ledger.open(user: caller, token: token)
            do throws(BalanceRefusal) {
                try ledger.setBalance(ofToken: id, to: limit.quota, isUnlimited: limit.isUnlimited)
            } catch { throw error == .unknownAccount ? ManagementError.notFound : .quotaUnchanged }
            var answer = await ManagementAnswer.recorded(by: ledger)
            changed.isUnlimited = limit.isUnlimited
            answer.members.append(("data", changed.json(ledger)))
            return answer
        }
    }
}
