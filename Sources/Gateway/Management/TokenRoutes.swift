import Database
import HTTP
import JSON

/// A user's own API tokens (spec/management-api.md §5.7).
enum TokenRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "token/", .user) { call in
            let order: Connection.TokenOrder =
                switch call.query.text("order") {
                case "remain_quota": .remainQuota
                case "used_quota": .usedQuota
                default: .id
                }
            let (user, page) = (try call.caller().id, call.query.page)
            let tokens = try await call.services.database.read { try $0.tokens(userID: user, page: page, order: order) }
            return .data(.array(tokens.map { $0.json(call.services.ledger) }))
        },
        .init(.get, "token/search", .user) { call in
            let (user, keyword) = (try call.caller().id, call.query.text("keyword"))
            let tokens = try await call.services.database.read { try $0.searchTokens(keyword, userID: user) }
            return .data(.array(tokens.map { $0.json(call.services.ledger) }))
        },
        .init(.get, "token/:id", .user) { call in .data(try await find(try call.id(), call).json(call.services.ledger))
        },
        .init(.post, "token/", .user, create),
        .init(.put, "token/", .user, update),
        .init(.delete, "token/:id", .user) { call in
            let (user, id) = (try call.caller().id, try call.id())
            guard try await call.services.database.write({ try $0.deleteToken(id, userID: user) }) else {
                throw ManagementError.notFound
            }
            call.services.ledger.retire(token: id)
            call.services.tokens.invalidate()
            return .done
        },
    ]

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

        init(_ input: InputObject) throws {
            name = try input.text("name") ?? ""
            expiredTime = try input.int("expired_time")
            remainQuota = try input.quota("remain_quota") ?? 0
            isUnlimited = try input.bool("unlimited_quota") ?? false
            models = try input.text("models")
            subnet = try input.text("subnet")
            // one-api counts bytes here; characters are meant.
            guard name.unicodeScalars.count <= 30 else { throw ManagementError("参数错误：令牌名称过长") }
            for part in (subnet ?? "").split(separator: ",") where Subnet(part.filter { $0 != " " }) == nil {
                throw ManagementError("参数错误：无效的网段：\(part)")
            }
        }
    }

    private static func create(_ call: Call) async throws -> ManagementAnswer {
        let wishes = try Wishes(call.input())
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
        token.id = try await call.services.database.write { try $0.insert(made) }
        return .data(token.json(call.services.ledger))
    }

    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let input = try call.input()
        guard let id = try input.int("id"), id != 0 else { throw ManagementError("id 或 userId 为空！") }
        let token = try await find(id, call)
        let status = try input.int("status") ?? 0
        let isStatusOnly = !call.query.text("status_only").isEmpty
        let balance = call.services.ledger.balance(ofToken: id) ?? token.remainQuota
        if status == 1, token.status == 3, token.expiredTime != -1, token.expiredTime <= call.context.time {
            throw ManagementError("令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期")
        }
        if status == 1, token.status == 4, balance <= 0, !token.isUnlimited {
            throw ManagementError("令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度")
        }
        var changes = Changes()
        var limit: (quota: Int64, isUnlimited: Bool)?
        if isStatusOnly {
            changes.set("status", .int(status))
        } else {
            let wishes = try Wishes(input)
            changes.set("name", .text(wishes.name))
            changes.set("expired_time", .int(wishes.expiredTime ?? 0))
            changes.set("models", SQLValue(wishes.models))
            changes.set("subnet", SQLValue(wishes.subnet))
            limit = (wishes.remainQuota, wishes.isUnlimited)
        }
        let update = changes
        _ = try await call.services.database.write { try $0.updateToken(id, update) }
        call.services.tokens.invalidate()
        var changed = try await find(id, call)
        guard let limit else { return .data(changed.json(call.services.ledger)) }
        // The limit goes through the ledger, as every change of a balance does.
        call.services.ledger.open(user: try call.caller(), token: token)
        guard call.services.ledger.setBalance(ofToken: id, to: limit.quota, isUnlimited: limit.isUnlimited) else {
            throw ManagementError(.storage)
        }
        var answer = await ManagementAnswer.recorded(by: call.services.ledger)
        call.services.tokens.invalidate()
        changed.isUnlimited = limit.isUnlimited
        answer.members.append(("data", changed.json(call.services.ledger)))
        return answer
    }
}
