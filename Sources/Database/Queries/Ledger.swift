/// Settled requests and adjustments that are written to the tables as one change.
package struct LedgerGroup: Sendable {
    package struct UserChange: Sendable {
        /// The new balance, if it was set. `quota` is added to it afterwards.
        package var newQuota: Int64?
        package var quota: Int64 = 0
        package var usedQuota: Int64 = 0
        package var requestCount: Int64 = 0
        package init() {}
    }

    package struct TokenChange: Sendable {
        /// The new limit, if it was set. `remainQuota` is added to it afterwards.
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
    /// The journal is applied up to this position once this group is applied.
    package var position: LedgerPosition
    /// Quota held by open reservations: the most that could be missing if the journal were lost now.
    package var held: Int64 = 0

    package init(position: LedgerPosition) { self.position = position }
}

/// A position in the ledger's journal.
package struct LedgerPosition: Sendable, Equatable {
    /// The number of the journal file.
    package var generation: Int64
    /// The number of the last applied record.
    package var sequence: Int64

    package init(generation: Int64, sequence: Int64) {
        self.generation = generation
        self.sequence = sequence
    }
}

/// What the database knows about its journal at the start.
package struct LedgerStanding: Sendable, Equatable {
    package enum State: Int64, Sendable {
        /// Unknown, because an older version wrote the database.
        case unknown = 0
        /// The ledger is running, or was killed.
        case open = 1
        /// The ledger stopped after everything was applied.
        case closed = 2
    }

    /// Identifies this database.
    package var identity: Int64
    package var position: LedgerPosition
    package var held: Int64
    package var state: State
}

/// A change that the database refuses because of its content, while other changes succeed.
package struct LedgerRefusal: Sendable, Equatable {
    /// `user`, `token`, `channel` or `log`.
    package let kind: String
    package let account: Int64
    package let reason: String
}

extension Connection {
    /// What the database knows about its journal. The first use creates the database's identity, so only the writer
    /// calls it.
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

    /// Notes that the ledger stopped with everything applied, unless it has continued past this position since.
    package func closeLedger(at position: LedgerPosition) throws(DatabaseError) {
        try run(
            "UPDATE oneapi_ledger SET applied = ?, held = 0, state = ? WHERE id = 1 AND applied <= ?",
            .int(position.sequence), .int(LedgerStanding.State.closed.rawValue), .int(position.sequence))
    }

    /// Notes that the ledger starts at a position.
    package func setLedger(_ position: LedgerPosition, _ state: LedgerStanding.State) throws(DatabaseError) {
        try run(
            "INSERT INTO oneapi_ledger(id, generation, applied, held, state) VALUES(1, ?, ?, 0, ?) ON CONFLICT(id) DO UPDATE SET generation = excluded.generation, applied = excluded.applied, held = 0, state = excluded.state",
            .int(position.generation), .int(position.sequence), .int(state.rawValue))
    }

    /// A random number that identifies this database. The writer creates it on first use.
    package func databaseIdentity() throws(DatabaseError) -> Int64 {
        let known = try first("SELECT CAST(value AS integer) FROM oneapi_meta WHERE key = 'identity'") { $0.int(0) }
        if let known { return known }
        let made = Int64.random(in: 1 ... .max)
        try run("INSERT INTO oneapi_meta(key, value) VALUES('identity', ?)", .text(String(made)))
        return made
    }
}
