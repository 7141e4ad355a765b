/// A filter for log rows. Members that are not set do not filter.
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
    package func insert(_ log: LogRecord) throws(DatabaseError) { try run(Self.logInsert, log.values) }

    /// Inserts many rows at once, because a statement with several rows opens the table and its six indexes only once.
    func insert(_ logs: [LogRecord]) throws(DatabaseError) {
        var start = 0
        while start + Self.logsAtOnce <= logs.count {
            var values: [SQLValue] = []
            values.reserveCapacity(Self.logsAtOnce * 15)
            for log in logs[start..<(start + Self.logsAtOnce)] { values += log.values }
            try run(Self.manyLogsInsert, values)
            start += Self.logsAtOnce
        }
        for log in logs[start...] { try insert(log) }
    }

    private static let logsAtOnce = 16
    private static let logRow = "(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)"
    private static let logInsert =
        "INSERT INTO logs(user_id, created_at, type, content, username, token_name, model_name, quota, prompt_tokens, completion_tokens, channel_id, request_id, elapsed_time, is_stream, system_prompt_reset) VALUES"
        + logRow
    private static let manyLogsInsert =
        logInsert + String(repeating: "," + logRow, count: logsAtOnce - 1)

    package func logs(_ filter: LogFilter, page: Int64) throws(DatabaseError) -> [LogRecord] {
        let (condition, values) = filter.condition
        return try rows(
            "SELECT \(LogRecord.columns) FROM logs\(condition) ORDER BY id DESC LIMIT ? OFFSET ?",
            values + [.int(pageSize), .int(page * pageSize)], LogRecord.init)
    }

    /// The sum of the quota in rows of type consume.
    package func logQuota(_ filter: LogFilter) throws(DatabaseError) -> Int64 {
        var filter = filter
        filter.type = LogRecord.Kind.consume.rawValue
        let (condition, values) = filter.condition
        return try first("SELECT \(sum("quota")) FROM logs\(condition)", values) { $0.sum(0) } ?? 0
    }

    /// The newest hundred rows of a type. Administrators (`userID` nil) can also search for the start of the content.
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

    /// - Returns: how many rows were deleted.
    package func deleteLogs(before timestamp: Int64) throws(DatabaseError) -> Int {
        try run("DELETE FROM logs WHERE created_at < ?", .int(timestamp))
    }

    package func dailyUsage(userID: Int64, from start: Int64, to end: Int64) throws(DatabaseError) -> [DailyUsage] {
        try rows(
            "SELECT strftime('%Y-%m-%d', created_at, 'unixepoch') AS day, model_name, COUNT(*), \(sum("quota")), \(sum("prompt_tokens")), \(sum("completion_tokens")) FROM logs WHERE type = 2 AND user_id = ? AND created_at BETWEEN ? AND ? GROUP BY day, model_name ORDER BY day, model_name",
            [.int(userID), .int(start), .int(end)]
        ) {
            DailyUsage(
                day: $0.text(0), modelName: $0.text(1), requestCount: $0.int(2), quota: $0.sum(3),
                promptTokens: $0.sum(5), completionTokens: $0.sum(7))
        }
    }
}

extension LogRecord {
    /// The values in the order of the insert's columns.
    fileprivate var values: [SQLValue] {
        [
            .int(userID), .int(createdAt), .int(type), .text(content), .text(username), .text(tokenName),
            .text(modelName), .int(quota), .int(promptTokens), .int(completionTokens), .int(channelID),
            .text(requestID), .int(elapsedTime), SQLValue(isStream), SQLValue(isSystemPromptReset),
        ]
    }
}
