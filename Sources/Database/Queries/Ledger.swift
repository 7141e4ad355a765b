/// Settled requests and adjustments that go into the tables as one change.
package struct LedgerGroup: Sendable {
    package struct UserChange: Sendable {
        /// Where the balance was set: to this, before `quota` is added.
        package var newQuota: Int64?
        package var quota: Int64 = 0
        package var usedQuota: Int64 = 0
        package var requestCount: Int64 = 0
        package init() {}
    }

    package struct TokenChange: Sendable {
        /// Where the limit was set: to this, before `remainQuota` is added.
        package var newRemainQuota: Int64?
        package var isUnlimited: Bool?
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
    /// What open reservations hold: were the journal lost, no more of the past could be missing.
    package var held: Int64 = 0

    package init(position: LedgerPosition) { self.position = position }
}

/// A place in the ledger's journal.
package struct LedgerPosition: Sendable, Equatable {
    /// Number of the journal's file.
    package var generation: Int64
    /// Number of the last record that counts.
    package var sequence: Int64

    package init(generation: Int64, sequence: Int64) {
        self.generation = generation
        self.sequence = sequence
    }
}

/// What the database knows of its journal at the start.
package struct LedgerStanding: Sendable, Equatable {
    package enum State: Int64, Sendable {
        /// Of a version that did not note it.
        case unknown = 0
        /// Running, or killed.
        case open = 1
        /// Ended with everything applied.
        case closed = 2
    }

    /// Tells this database from every other.
    package var identity: Int64
    package var position: LedgerPosition
    package var held: Int64
    package var state: State
}

/// A change that the database refuses for its own sake while others go through.
package struct LedgerRefusal: Sendable, Equatable {
    /// `user`, `token`, `channel` or `log`.
    package let kind: String
    package let account: Int64
    package let reason: String
}

extension Connection {
    /// What the database knows of its journal; makes its identity on first use, which only the writer can.
    package func ledgerStanding() throws(DatabaseError) -> LedgerStanding {
        let identity = try databaseIdentity()
        return try first("SELECT generation, applied, held, state FROM oneapi_ledger WHERE id = 1") { row in
            LedgerStanding(
                identity: identity, position: LedgerPosition(generation: row.int(0), sequence: row.int(1)),
                held: max(0, row.int(2)), state: LedgerStanding.State(rawValue: row.int(3)) ?? .unknown)
        }
            ?? LedgerStanding(
                identity: identity, position: LedgerPosition(generation: 0, sequence: 0), held: 0, state: .unknown)
    }

    /// Notes that the ledger ended with nothing missing, unless it went on behind the position meanwhile.
    package func closeLedger(at position: LedgerPosition) throws(DatabaseError) {
        try run(
            "UPDATE oneapi_ledger SET applied = ?, held = 0, state = ? WHERE id = 1 AND applied <= ?",
            .int(position.sequence), .int(LedgerStanding.State.closed.rawValue), .int(position.sequence))
    }

    /// Notes that the ledger begins at a position.
    package func setLedger(_ position: LedgerPosition, _ state: LedgerStanding.State) throws(DatabaseError) {
        try run(
            "INSERT INTO oneapi_ledger(id, generation, applied, held, state) VALUES(1, ?, ?, 0, ?) ON CONFLICT(id) DO UPDATE SET generation = excluded.generation, applied = excluded.applied, held = 0, state = excluded.state",
            .int(position.generation), .int(position.sequence), .int(state.rawValue))
    }

    /// A random number that tells this database from every other, made on first use by the writer.
    package func databaseIdentity() throws(DatabaseError) -> Int64 {
        let known = try first("SELECT CAST(value AS integer) FROM oneapi_meta WHERE key = 'identity'") { $0.int(0) }
        if let known { return known }
        let made = Int64.random(in: 1 ... .max)
        try run("INSERT INTO oneapi_meta(key, value) VALUES('identity', ?)", .text(String(made)))
        return made
    }
}
