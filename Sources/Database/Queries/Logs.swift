/// What log rows are wanted; unset members do not filter.
package struct LogFilter: Sendable {
    package var userID: Int64?
    package var type: Int64 = 0
    package var startTimestamp: Int64 = 0
    package var endTimestamp: Int64 = 0
    package var username = ""
    package var tokenName = ""
    package var modelName = ""
    package var channel: Int64 = 0

    package init() {}

    var condition: (sql: String, values: [SQLValue]) {
        var parts: [String] = []
        var values: [SQLValue] = []
        func add(_ isSet: Bool, _ part: String, _ value: SQLValue) {
            guard isSet else { return }
            parts.append(part)
            values.append(value)
        }
        add(userID != nil, "user_id = ?", SQLValue(userID))
        add(type != 0, "type = ?", .int(type))
        add(startTimestamp != 0, "created_at >= ?", .int(startTimestamp))
        add(endTimestamp != 0, "created_at <= ?", .int(endTimestamp))
        add(!username.isEmpty, "username = ?", .text(username))
        add(!tokenName.isEmpty, "token_name = ?", .text(tokenName))
        add(!modelName.isEmpty, "model_name = ?", .text(modelName))
        add(channel != 0, "channel_id = ?", .int(channel))
        return (parts.isEmpty ? "" : " WHERE " + parts.joined(separator: " AND "), values)
    }
}

/// One line of a user's daily statistics.
package struct DailyUsage: Sendable {
    package let day: String
    package let modelName: String
    package let requestCount: Int64
    package let quota: Int64
    package let promptTokens: Int64
    package let completionTokens: Int64
}

extension Connection {
    package func insert(_ log: LogRecord) throws(DatabaseError) {
        try run(
            "INSERT INTO logs(user_id, created_at, type, content, username, token_name, model_name, quota, prompt_tokens, completion_tokens, channel_id, request_id, elapsed_time, is_stream, system_prompt_reset) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            .int(log.userID), .int(log.createdAt), .int(log.type), .text(log.content), .text(log.username),
            .text(log.tokenName), .text(log.modelName), .int(log.quota), .int(log.promptTokens),
            .int(log.completionTokens), .int(log.channelID), .text(log.requestID), .int(log.elapsedTime),
            SQLValue(log.isStream), SQLValue(log.isSystemPromptReset))
    }

    package func logs(_ filter: LogFilter, page: Int64) throws(DatabaseError) -> [LogRecord] {
        let (condition, values) = filter.condition
        return try rows(
            "SELECT \(LogRecord.columns) FROM logs\(condition) ORDER BY id DESC LIMIT ? OFFSET ?",
            values + [.int(pageSize), .int(page * pageSize)], LogRecord.init)
    }

    /// Quota of the consume rows.
    package func logQuota(_ filter: LogFilter) throws(DatabaseError) -> Int64 {
        var filter = filter
        filter.type = LogRecord.Kind.consume.rawValue
        let (condition, values) = filter.condition
        return try first("SELECT COALESCE(SUM(quota), 0) FROM logs\(condition)", values) { $0.int(0) } ?? 0
    }

    /// The newest hundred by type or, for administrators (`userID` nil), also by the content's beginning.
    package func searchLogs(_ keyword: String, userID: Int64?) throws(DatabaseError) -> [LogRecord] {
        let type = SQLValue.int(Int64(keyword) ?? -1)
        if let userID {
            return try rows(
                "SELECT \(LogRecord.columns) FROM logs WHERE user_id = ? AND type = ? ORDER BY id DESC LIMIT 100",
                [.int(userID), type], LogRecord.init)
        }
        return try rows(
            "SELECT \(LogRecord.columns) FROM logs WHERE type = ? OR content LIKE ? ESCAPE '\\' ORDER BY id DESC LIMIT 100",
            [type, .text(prefixPattern(keyword))], LogRecord.init)
    }

    /// - Returns: how many rows went.
    package func deleteLogs(before timestamp: Int64) throws(DatabaseError) -> Int {
        try run("DELETE FROM logs WHERE created_at < ?", .int(timestamp))
    }

    package func dailyUsage(userID: Int64, from start: Int64, to end: Int64) throws(DatabaseError) -> [DailyUsage] {
        try rows(
            "SELECT strftime('%Y-%m-%d', created_at, 'unixepoch') AS day, model_name, COUNT(*), SUM(quota), SUM(prompt_tokens), SUM(completion_tokens) FROM logs WHERE type = 2 AND user_id = ? AND created_at BETWEEN ? AND ? GROUP BY day, model_name ORDER BY day, model_name",
            [.int(userID), .int(start), .int(end)]
        ) {
            DailyUsage(
                day: $0.text(0), modelName: $0.text(1), requestCount: $0.int(2), quota: $0.int(3),
                promptTokens: $0.int(4), completionTokens: $0.int(5))
        }
    }
}
