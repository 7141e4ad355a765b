/// Settled requests and adjustments that go into the tables as one change.
package struct LedgerGroup: Sendable {
    package struct UserChange: Sendable {
        package var quota: Int64 = 0
        package var usedQuota: Int64 = 0
        package var requestCount: Int64 = 0
        package init() {}
    }

    package struct TokenChange: Sendable {
        package var remainQuota: Int64 = 0
        package var usedQuota: Int64 = 0
        package var accessedTime: Int64 = 0
        package init() {}
    }

    package var users: [Int64: UserChange] = [:]
    package var tokens: [Int64: TokenChange] = [:]
    /// Added to `used_quota`.
    package var channels: [Int64: Int64] = [:]
    package var logs: [LogRecord] = []
    /// Where the journal is applied up to, once this group is.
    package var position: LedgerPosition

    package init(position: LedgerPosition) { self.position = position }
}

/// A place in the ledger's journal.
package struct LedgerPosition: Sendable, Equatable {
    package var generation: Int64
    /// Number of the last record that counts.
    package var sequence: Int64

    package init(generation: Int64, sequence: Int64) {
        self.generation = generation
        self.sequence = sequence
    }
}

extension Connection {
    package func ledgerPosition() throws(DatabaseError) -> LedgerPosition {
        try first("SELECT generation, applied FROM oneapi_ledger WHERE id = 1") {
            LedgerPosition(generation: $0.int(0), sequence: $0.int(1))
        } ?? LedgerPosition(generation: 0, sequence: 0)
    }

    /// Applies a group with its position, so that a replay can tell what is in.
    package func apply(_ group: LedgerGroup) throws(DatabaseError) {
        for (id, change) in group.users {
            try run(
                "UPDATE users SET quota = COALESCE(quota, 0) + ?, used_quota = COALESCE(used_quota, 0) + ?, request_count = COALESCE(request_count, 0) + ? WHERE id = ?",
                .int(change.quota), .int(change.usedQuota), .int(change.requestCount), .int(id))
        }
        for (id, change) in group.tokens {
            try run(
                "UPDATE tokens SET remain_quota = COALESCE(remain_quota, 0) + ?, used_quota = COALESCE(used_quota, 0) + ?, accessed_time = MAX(COALESCE(accessed_time, 0), ?) WHERE id = ?",
                .int(change.remainQuota), .int(change.usedQuota), .int(change.accessedTime), .int(id))
        }
        for (id, quota) in group.channels {
            try run("UPDATE channels SET used_quota = COALESCE(used_quota, 0) + ? WHERE id = ?", .int(quota), .int(id))
        }
        try insert(group.logs)
        try run(
            "UPDATE oneapi_ledger SET generation = ?, applied = ? WHERE id = 1", .int(group.position.generation),
            .int(group.position.sequence))
    }
}

extension Connection {
    /// A random number that tells this database from every other, made on first use by the writer.
    package func databaseIdentity() throws(DatabaseError) -> Int64 {
        try run("INSERT OR IGNORE INTO oneapi_meta(key, value) VALUES('identity', CAST(random() AS text))")
        return try first("SELECT CAST(value AS integer) FROM oneapi_meta WHERE key = 'identity'") { $0.int(0) } ?? 0
    }
}
