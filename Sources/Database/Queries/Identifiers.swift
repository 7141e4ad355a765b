/// Tables whose ids are never used again.
///
/// one-api creates them without AUTOINCREMENT, so SQLite would give the id of a deleted newest row to the next row.
/// Memory, the journal and the logs would then mix up the old row and the new one. So `oneapi_ids` keeps the highest id
/// that a table ever had, and new ids start there.
enum IdentifiedTable: String, CaseIterable {
    case users, tokens, channels

    /// No counter reaches larger ids, so new ids do not continue from them.
    static let limit: Int64 = 1 << 53

    /// Columns that may still hold ids of deleted rows.
    fileprivate var traces: [(table: String, column: String)] {
        switch self {
        case .users: [("users", "id"), ("logs", "user_id")]
        case .tokens: [("tokens", "id")]
        case .channels: [("channels", "id"), ("abilities", "channel_id"), ("logs", "channel_id")]
        }
    }
}

extension Connection {
    /// The id for a new row, which must be inserted in the same transaction.
    func nextID(in table: IdentifiedTable) throws(DatabaseError) -> Int64 {
        let name = table.rawValue
        let highest = try first(
            "SELECT MAX(COALESCE((SELECT last FROM oneapi_ids WHERE name = ? AND last < ?), 0), COALESCE((SELECT MAX(id) FROM `\(name)` WHERE id < ?), 0))",
            [.text(name), .int(IdentifiedTable.limit), .int(IdentifiedTable.limit)]
        ) { $0.int(0) }
        let id = max(0, highest ?? 0) + 1
        try setLastID(id, in: table)
        return id
    }

    /// Takes into account the ids that one-api gave, and ids of deleted rows that other tables still mention.
    func rememberIDs(of table: IdentifiedTable) throws(DatabaseError) {
        var highest: Int64 = 0
        for trace in table.traces {
            highest = max(
                highest,
                try first(
                    "SELECT MAX(`\(trace.column)`) FROM `\(trace.table)` WHERE `\(trace.column)` < ?",
                    [.int(IdentifiedTable.limit)], { $0.int(0) }) ?? 0)
        }
        if try first("SELECT 1 FROM sqlite_master WHERE name = 'sqlite_sequence'", [], { _ in true }) == true {
            let sequence = try first("SELECT seq FROM sqlite_sequence WHERE name = ?", [.text(table.rawValue)]) {
                $0.int(0)
            }
            if let sequence, sequence < IdentifiedTable.limit { highest = max(highest, sequence) }
        }
        try setLastID(highest, in: table)
    }

    private func setLastID(_ id: Int64, in table: IdentifiedTable) throws(DatabaseError) {
        // Nothing is written that is there already, so that a start on a full disk succeeds.
        if try first("SELECT last FROM oneapi_ids WHERE name = ?", [.text(table.rawValue)], { $0.int(0) }) == id {
            return
        }
        try run(
            "INSERT INTO oneapi_ids(name, last) VALUES(?, ?) ON CONFLICT(name) DO UPDATE SET last = CASE WHEN last < ? THEN MAX(last, excluded.last) ELSE excluded.last END",
            .text(table.rawValue), .int(id), .int(IdentifiedTable.limit))
    }
}
