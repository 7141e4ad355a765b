import Database
import EventLoop
import HTTP
import JSON

/// Users, for administrators (spec/management-api.md §5.4).
enum UserRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "user/", .admin) { call in
            let order = Connection.UserOrder(rawValue: call.query.text("order")) ?? .id
            let page = call.query.page
            return try await call.list({ try $0.users(page: page, order: order) }) { $0.json(call.services.ledger) }
        },
        .init(.get, "user/search", .admin) { call in
            let keyword = call.query.text("keyword")
            return try await call.list({ try $0.searchUsers(keyword) }) { $0.json(call.services.ledger) }
        },
        .init(.get, "user/:id", .admin, read),
        .init(.post, "user/", .admin, create),
        .init(.put, "user/", .admin, update),
        .init(.post, "user/manage", .admin, manage),
        .init(.delete, "user/:id", .admin, delete),
        .init(.post, "topup", .admin, topUp),
    ]

    private static func find(_ id: Int64, _ call: Call) async throws -> UserRecord {
        guard let user = try await call.services.database.read({ try $0.user(id: id) }) else {
            throw ManagementError.notFound
        }
        return user
    }

    private static func read(_ call: Call) async throws -> ManagementAnswer {
        let user = try await find(try call.id(), call)
        let caller = try call.caller()
        guard caller.governs(user) else {
            throw ManagementError("无权获取同级或更高等级用户的信息")
        }
        return .data(user.json(call.services.ledger))
    }

    private static func create(_ call: Call) async throws -> ManagementAnswer {
        let object = try await call.input()
        let input = try UserInput(object).checked()
        guard let username = input.username, let password = input.password else {
            throw ManagementError.invalidParameter
        }
        let (role, own) = (try object.choice("role", Role.self) ?? .common, try call.caller().rights)
        guard let own, role < own else { throw ManagementError("无法创建权限大于等于自己的用户") }
        var user = UserRecord()
        user.username = username
        user.displayName = input.displayName ?? username
        user.password = try await Password.hash(password)
        user.accessToken = RandomText.hexadecimal(32)
        user.affCode = RandomText.alphanumeric(8)
        user.quota = call.services.options.snapshot.newUserQuota
        let (made, context, gift) = (user, call.context, call.services.options.snapshot.display(user.quota))
        _ = try await UserInput.guardingNames { connection in
            let id = try connection.insert(made)
            var token = TokenRecord()
            token.userID = id
            token.key = RandomText.tokenKey()
            token.name = "default"
            token.createdTime = context.time
            token.accessedTime = context.time
            token.remainQuota = -1
            token.isUnlimited = true
            try connection.insert(token)
            if made.quota > 0 {
                try connection.insert(systemLog("新用户注册赠送 \(gift)", .system, user: made, id: id, context))
            }
            return id
        }(call.services.database)
        return .done
    }

    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let object = try await call.input()
        guard let id = try object.int("id"), id != 0 else { throw ManagementError.invalidParameter }
        let (caller, target) = (try call.caller(), try await find(id, call))
        let sent = object.changes(from: target.json(call.services.ledger))
        let input = try UserInput(sent).checked()
        let edit = try UserEdit(sent)
        try edit.check(target, by: caller)
        let quota = try sent.quota("quota")
        var changes = try await input.changes()
        if let email = input.email { changes.set("email", .text(email)) }
        edit.add(to: &changes)
        let update = changes
        _ = try await call.services.tokens.changing(user: id) {
            try await UserInput.guardingNames { connection in
                // Checks again on the row as it is now: another administrator may have promoted the user meanwhile.
                guard let target = try connection.user(id: id) else { throw ManagementError.notFound }
                try edit.check(target, by: caller)
                return try connection.updateUser(id, update)
            }(call.services.database)
        }
        guard let quota else { return .done }
        return try await setQuota(quota, of: target, call)
    }

    /// Sets the balance through the ledger, which holds it, and logs the change, so that it can be rebuilt from the
    /// log.
    private static func setQuota(_ quota: Int64, of user: UserRecord, _ call: Call) async throws -> ManagementAnswer {
        let (ledger, options, context) = (call.services.ledger, call.services.options.snapshot, call.context)
        ledger.open(user: user, token: nil)
        do throws(BalanceRefusal) {
            try ledger.set(balanceOfUser: user.id, to: quota) { before in
                let text = "管理员将用户额度从 \(options.display(before))修改为 \(options.display(quota))"
                return systemLog(text, .manage, user: user, id: user.id, context)
            }
        } catch { throw error == .storage ? ManagementError.quotaUnchanged : ManagementError(error) }
        return await .recorded(by: ledger)
    }

    private static func topUp(_ call: Call) async throws -> ManagementAnswer {
        let object = try await call.input()
        guard let id = try object.int("user_id"), let quota = try object.quota("quota") else {
            throw ManagementError.invalidParameter
        }
        guard quota >= 0 else { throw ManagementError("quota 不能为负数！") }
        let user = try await find(id, call)
        let remark = try object.text("remark") ?? ""
        guard remark.utf8.count <= LogRecord.journalLimits.content else {
            throw ManagementError("remark 过长 / the remark has more than \(LogRecord.journalLimits.content) bytes")
        }
        let text = remark.isEmpty ? "通过 API 充值 \(call.services.options.snapshot.display(quota))" : remark
        var log = systemLog(text, .topUp, user: user, id: id, call.context)
        log.quota = quota
        let ledger = call.services.ledger
        ledger.open(user: user, token: nil)
        do throws(BalanceRefusal) { try ledger.credit(quota, toUser: id, log: log) } catch {
            throw ManagementError(error)
        }
        return await .recorded(by: ledger)
    }

    private static func manage(_ call: Call) async throws -> ManagementAnswer {
        let input = try await call.input()
        guard let name = try input.text("username"), !name.isEmpty, let action = try input.text("action") else {
            throw ManagementError.invalidParameter
        }
        guard let target = try await call.services.database.read({ try $0.user(name: name) }) else {
            throw ManagementError("用户不存在")
        }
        let caller = try call.caller()
        let change = UserChange(rawValue: action)
        try change?.check(target, by: caller)
        let marker = RandomText.hexadecimal(32)
        let changed = try await call.services.tokens.changing(user: target.id) {
            try await call.services.database.write { connection in
                guard let current = try connection.user(id: target.id) else { throw ManagementError.notFound }
                guard caller.governs(current) else { throw UserEdit.notBelow }
                guard let change else { return current }
                try change.check(current, by: caller)
                return try change.apply(to: current, on: connection, marker: marker)
            }
        }
        var shown = UserRecord()
        shown.role = changed.role
        shown.status = changed.status
        shown.group = ""
        return .data(shown.json(call.services.ledger))
    }

    private static func delete(_ call: Call) async throws -> ManagementAnswer {
        let target = try await find(try call.id(), call)
        let caller = try call.caller()
        let marker = RandomText.hexadecimal(32)
        try await call.services.tokens.changing(user: target.id) {
            try await call.services.database.write { connection in
                guard let current = try connection.user(id: target.id), caller.outranks(current) else {
                    throw ManagementError("无权删除同权限等级或更高权限等级的用户")
                }
                try connection.deleteUser(target.id, marker: marker)
            }
        }
        return .done
    }

    private static func systemLog(
        _ text: String, _ kind: LogRecord.Kind, user: UserRecord, id: Int64, _ context: RequestContext
    ) -> LogRecord {
        var log = LogRecord()
        log.userID = id
        log.username = user.username
        log.type = kind.rawValue
        log.content = text
        log.createdAt = context.time
        log.requestID = context.requestID
        return log
    }
}
