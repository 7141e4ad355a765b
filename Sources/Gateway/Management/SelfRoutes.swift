import Database
import EventLoop
import HTTP
import JSON

/// What every user may do with their own account (spec/management-api.md §5.3).
enum SelfRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "user/self", .common) { .data(try $0.caller().json($0.services.ledger)) },
        .init(.put, "user/self", .common, update),
        .init(.delete, "user/self", .common, delete),
        .init(.get, "user/token", .common, changesState: true, newAccessToken),
        .init(.get, "user/aff", .common, changesState: true, affCode),
        .init(.get, "user/dashboard", .common, dashboard),
        .init(.get, "user/available_models", .common) {
            .data(.array($0.services.routing.table.models(of: try $0.caller().group).map { .string($0) }))
        },
        .init(.get, "models", .common) { _ in
            var object = JSONObject()
            for (type, models) in ModelCatalogue.byType {
                object.append(type, .array(models.map { .string($0) }))
            }
            return .data(.object(object))
        },
    ]

    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let caller = try call.caller()
        let input = try UserInput(await call.input().changes(from: caller.json(call.services.ledger)))
        if let problem = input.problem { throw ManagementError("输入不合法 \(problem)") }
        let changes = try await input.changes()
        guard !changes.isEmpty else { return .done }
        let isThere = try await call.services.tokens.changing(user: caller.id) {
            try await UserInput.guardingNames { try $0.updateUser(caller.id, changes) }(call.services.database)
        }
        guard isThere else { throw ManagementError.notFound }
        guard input.password != nil, call.session?.userID == caller.id else { return .done }
        return try await renewedSession(call)
    }

    /// A new password ends every session, so the caller gets a new session. If the row cannot be read, there is no new
    /// one.
    private static func renewedSession(_ call: Call) async throws -> ManagementAnswer {
        let id = try call.caller().id
        guard let user = try? await call.services.database.read({ try $0.user(id: id) }) else { return .done }
        return ManagementAnswer(members: [], cookie: call.newSessionCookie(for: user))
    }

    private static func delete(_ call: Call) async throws -> ManagementAnswer {
        let caller = try call.caller()
        guard !caller.isRoot else { throw ManagementError("不能删除超级管理员账户") }
        let marker = RandomText.hexadecimal(32)
        try await call.services.tokens.changing(user: caller.id) {
            try await call.services.database.write { try $0.deleteUser(caller.id, marker: marker) }
        }
        return .done
    }

    private static func newAccessToken(_ call: Call) async throws -> ManagementAnswer {
        let caller = try call.caller()
        let token = RandomText.hexadecimal(32)
        var changes = Changes()
        changes.set("access_token", .text(token))
        let update = changes
        _ = try await call.services.tokens.changing(user: caller.id) {
            try await call.services.database.write { try $0.updateUser(caller.id, update) }
        }
        return .data(.string(token))
    }

    private static func affCode(_ call: Call) async throws -> ManagementAnswer {
        let caller = try call.caller()
        guard caller.affCode.isEmpty else { return .data(.string(caller.affCode)) }
        let code = try await call.services.database.write { connection -> String in
            var code = RandomText.alphanumeric(4)
            while try connection.user(affCode: code) != nil { code = RandomText.alphanumeric(8) }
            var changes = Changes()
            changes.set("aff_code", .text(code))
            _ = try connection.updateUser(caller.id, changes)
            return code
        }
        return .data(.string(code))
    }

    private static func dashboard(_ call: Call) async throws -> ManagementAnswer {
        let caller = try call.caller()
        let isWhole = await call.services.ledger.flush()
        let day: Int64 = 86_400
        let end = call.context.time
        let start = (end / day - 6) * day
        let rows = try await call.services.database.read { try $0.dailyUsage(userID: caller.id, from: start, to: end) }
        return .data(
            .array(
                rows.map {
                    [
                        "Day": .string($0.day), "ModelName": .string($0.modelName),
                        "RequestCount": .int($0.requestCount), "Quota": .int($0.quota),
                        "PromptTokens": .int($0.promptTokens), "CompletionTokens": .int($0.completionTokens),
                    ]
                })
        ).noting(isWhole: isWhole)
    }
}
