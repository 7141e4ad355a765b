extension Connection {
    /// Applies a group and saves its position, so that a replay knows what is applied already.
    ///
    /// A change that a row refuses (by a constraint or a trigger) goes to `oneapi_unapplied`, so that it does not block
    /// other users' charges.
    /// - Parameter refused: gets the refused changes, which are final once the transaction is committed.
    package func apply(
        _ group: LedgerGroup, refused: (LedgerRefusal) -> Void = { _ in }
    ) throws(DatabaseError) {
        try execute("SAVEPOINT ledger_group")
        do throws(DatabaseError) {
            try applyTogether(group)
            try execute("RELEASE ledger_group")
            return
        } catch {
            guard error.isOfOneRow else { throw error }
        }
        try execute("ROLLBACK TO ledger_group")
        try execute("RELEASE ledger_group")
        for refusal in try applyOneByOne(group) { refused(refusal) }
    }

    private func applyTogether(_ group: LedgerGroup) throws(DatabaseError) {
        for (id, change) in group.users { try apply(change, toUser: id) }
        for (id, change) in group.tokens { try apply(change, toToken: id) }
        for (id, quota) in group.channels { try apply(quota, toChannel: id) }
        try insert(group.logs)
        try setPosition(of: group)
    }

    // SQLite would turn a sum beyond 64 bits into a floating-point number. CAST limits it to the largest integer.

    private func apply(_ change: LedgerGroup.UserChange, toUser id: Int64) throws(DatabaseError) {
        try run(
            "UPDATE users SET quota = CAST(COALESCE(?, quota, 0) + ? AS integer), used_quota = CAST(COALESCE(used_quota, 0) + ? AS integer), request_count = CAST(COALESCE(request_count, 0) + ? AS integer) WHERE id = ?",
            SQLValue(change.newQuota), .int(change.quota), .int(change.usedQuota), .int(change.requestCount), .int(id))
    }

    private func apply(_ change: LedgerGroup.TokenChange, toToken id: Int64) throws(DatabaseError) {
        try run(
            "UPDATE tokens SET remain_quota = CAST(COALESCE(?, remain_quota, 0) + ? AS integer), unlimited_quota = COALESCE(?, unlimited_quota), used_quota = CAST(COALESCE(used_quota, 0) + ? AS integer), accessed_time = MAX(COALESCE(accessed_time, 0), ?) WHERE id = ?",
            SQLValue(change.newRemainQuota), .int(change.remainQuota),
            change.isUnlimited.map { SQLValue($0) } ?? .null, .int(change.usedQuota), .int(change.accessedTime),
            .int(id))
    }

    private func apply(_ quota: Int64, toChannel id: Int64) throws(DatabaseError) {
        try run(
            "UPDATE channels SET used_quota = CAST(COALESCE(used_quota, 0) + ? AS integer) WHERE id = ?", .int(quota),
            .int(id))
    }

    private func setPosition(of group: LedgerGroup) throws(DatabaseError) {
        try run(
            "UPDATE oneapi_ledger SET generation = ?, applied = ?, held = ?, state = 1 WHERE id = 1",
            .int(group.position.generation), .int(group.position.sequence), .int(group.held))
    }

    private func applyOneByOne(_ group: LedgerGroup) throws(DatabaseError) -> [LedgerRefusal] {
        var refusals: [LedgerRefusal] = []
        for (id, change) in group.users {
            let rest = UnappliedChange(
                kind: "user", account: id, quota: change.newQuota ?? change.quota, usedQuota: change.usedQuota,
                requestCount: change.requestCount, detail: change.newQuota == nil ? "" : "set to, then \(change.quota)")
            try keepRefused(rest, &refusals) { () throws(DatabaseError) in try apply(change, toUser: id) }
        }
        for (id, change) in group.tokens {
            let rest = UnappliedChange(
                kind: "token", account: id, quota: change.newRemainQuota ?? change.remainQuota,
                usedQuota: change.usedQuota,
                detail: change.newRemainQuota == nil ? "" : "set to, then \(change.remainQuota)")
            try keepRefused(rest, &refusals) { () throws(DatabaseError) in try apply(change, toToken: id) }
        }
        for (id, quota) in group.channels {
            let rest = UnappliedChange(kind: "channel", account: id, usedQuota: quota)
            try keepRefused(rest, &refusals) { () throws(DatabaseError) in try apply(quota, toChannel: id) }
        }
        for log in group.logs {
            let detail =
                "type \(log.type), time \(log.createdAt), request \(log.requestID), \(log.modelName): \(log.content)"
            let rest = UnappliedChange(kind: "log", account: log.userID, quota: log.quota, detail: detail)
            try keepRefused(rest, &refusals) { () throws(DatabaseError) in try insert(log) }
        }
        try setPosition(of: group)
        return refusals
    }

    private struct UnappliedChange {
        let kind: String
        let account: Int64
        var quota: Int64 = 0
        var usedQuota: Int64 = 0
        var requestCount: Int64 = 0
        var detail = ""
    }

    /// Runs one change in its own savepoint. If the row refuses it, saves it in `oneapi_unapplied` instead.
    private func keepRefused(
        _ change: UnappliedChange, _ refusals: inout [LedgerRefusal], _ body: () throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        try execute("SAVEPOINT ledger_row")
        do throws(DatabaseError) {
            try body()
            try execute("RELEASE ledger_row")
        } catch {
            guard error.isOfOneRow else { throw error }
            try execute("ROLLBACK TO ledger_row")
            try execute("RELEASE ledger_row")
            try run(
                "INSERT INTO oneapi_unapplied(created_at, kind, account, quota, used_quota, request_count, reason, detail) VALUES(CAST(strftime('%s', 'now') AS integer), ?, ?, ?, ?, ?, ?, ?)",
                .text(change.kind), .int(change.account), .int(change.quota), .int(change.usedQuota),
                .int(change.requestCount), .text("\(error)"), .text(change.detail))
            refusals.append(LedgerRefusal(kind: change.kind, account: change.account, reason: "\(error)"))
        }
    }
}

extension DatabaseError {
    /// Whether the content of a row can be the cause of an error, rather than the disk or another process.
    fileprivate var isOfOneRow: Bool {
        switch self {
        case .constraint, .failed: true
        case .full, .busy, .unavailable, .closed, .inUse, .cannotOpen, .newerVersion: false
        }
    }
}
