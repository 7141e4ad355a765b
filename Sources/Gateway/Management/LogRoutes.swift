import Database
import HTTP
import JSON

/// Logs and groups (spec/management-api.md §§5.9, 5.10). A route that reads the log first waits a while for the charges
/// made so far to reach its table.
enum LogRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "log/", .admin) { call in try await list(call, filter(call.query), hidesIDs: false) },
        .init(.get, "log/self", .common) { call in
            var own = filter(call.query)
            own.userID = try call.caller().id
            own.username = ""
            own.channel = 0
            return try await list(call, own, hidesIDs: true)
        },
        .init(.get, "log/search", .admin) { call in try await search(call, userID: nil) },
        .init(.get, "log/self/search", .common) { call in try await search(call, userID: try call.caller().id) },
        .init(.get, "log/stat", .admin) { call in try await statistics(call, filter(call.query)) },
        .init(.get, "log/self/stat", .common) { call in
            var own = filter(call.query)
            own.userID = try call.caller().id
            own.username = ""
            return try await statistics(call, own)
        },
        .init(.delete, "log/", .admin) { call in
            let time = call.query.int("target_timestamp")
            guard time != 0 else { throw ManagementError("target timestamp is required") }
            return .data(.int(try await call.services.database.write { try $0.deleteLogs(before: time) }))
        },
        .init(.get, "group/", .admin) { call in
            .data(.array(call.services.options.snapshot.prices.groups.map { .string($0) }))
        },
    ]

    private static func filter(_ query: Query) -> LogFilter {
        var filter = LogFilter()
        filter.type = query.int("type")
        filter.startTimestamp = query.int("start_timestamp")
        filter.endTimestamp = query.int("end_timestamp")
        filter.username = query.text("username")
        filter.tokenName = query.text("token_name")
        filter.modelName = query.text("model_name")
        filter.channel = query.int("channel")
        return filter
    }

    private static func list(_ call: Call, _ filter: LogFilter, hidesIDs: Bool) async throws -> ManagementAnswer {
        let isWhole = await call.services.ledger.flush()
        let page = call.query.page
        return try await call.list({ try $0.logs(filter, page: page) }) { shown($0, hidesID: hidesIDs) }
            .noting(isWhole: isWhole)
    }

    private static func search(_ call: Call, userID: Int64?) async throws -> ManagementAnswer {
        let isWhole = await call.services.ledger.flush()
        let keyword = call.query.text("keyword")
        return try await call.list({ try $0.searchLogs(keyword, userID: userID) }) {
            shown($0, hidesID: userID != nil)
        }.noting(isWhole: isWhole)
    }

    private static func shown(_ log: LogRecord, hidesID: Bool) -> JSON {
        var log = log
        if hidesID { log.id = 0 }
        return log.json
    }

    private static func statistics(_ call: Call, _ filter: LogFilter) async throws -> ManagementAnswer {
        let isWhole = await call.services.ledger.flush()
        return .data(["quota": .int(try await call.services.database.read { try $0.logQuota(filter) })])
            .noting(isWhole: isWhole)
    }
}
