extension Connection {
    package func token(key: String) throws(DatabaseError) -> TokenRecord? {
        try first("SELECT \(TokenRecord.columns) FROM tokens WHERE key = ?", [.text(key)], TokenRecord.init)
    }

    package func token(id: Int64) throws(DatabaseError) -> TokenRecord? {
        try first("SELECT \(TokenRecord.columns) FROM tokens WHERE id = ?", [.int(id)], TokenRecord.init)
    }

    package func token(id: Int64, userID: Int64) throws(DatabaseError) -> TokenRecord? {
        try first(
            "SELECT \(TokenRecord.columns) FROM tokens WHERE id = ? AND user_id = ?", [.int(id), .int(userID)],
            TokenRecord.init)
    }

    package enum TokenOrder: String, Sendable {
        case id = "id DESC"
        case remainQuota = "unlimited_quota DESC, remain_quota DESC"
        case usedQuota = "used_quota DESC"
    }

    package func tokens(userID: Int64, page: Int64, order: TokenOrder = .id) throws(DatabaseError) -> [TokenRecord] {
        try rows(
            "SELECT \(TokenRecord.columns) FROM tokens WHERE user_id = ? ORDER BY \(order.rawValue) LIMIT ? OFFSET ?",
            [.int(userID), .int(pageSize), .int(page * pageSize)], TokenRecord.init)
    }

    package func searchTokens(_ keyword: String, userID: Int64) throws(DatabaseError) -> [TokenRecord] {
        try rows(
            "SELECT \(TokenRecord.columns) FROM tokens WHERE user_id = ? AND name LIKE ? ESCAPE '\\'",
            [.int(userID), .text(prefixPattern(keyword))], TokenRecord.init)
    }

    /// - Returns: the new id, which no earlier token had.
    @discardableResult
    package func insert(_ token: TokenRecord) throws(DatabaseError) -> Int64 {
        let id = try nextID(in: .tokens)
        try run(
            "INSERT INTO tokens(id, user_id, key, status, name, created_time, accessed_time, expired_time, remain_quota, unlimited_quota, used_quota, models, subnet) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?)",
            .int(id), .int(token.userID), .text(token.key), .int(token.status), .text(token.name),
            .int(token.createdTime),
            .int(token.accessedTime), .int(token.expiredTime), .int(token.remainQuota), SQLValue(token.isUnlimited),
            .int(token.usedQuota), SQLValue(token.models), SQLValue(token.subnet))
        return id
    }

    package func updateToken(_ id: Int64, _ changes: Changes) throws(DatabaseError) -> Bool {
        try changes.apply(to: "tokens", id: id, on: self)
    }

    /// Marks an enabled token as expired or used up, unless somebody has changed its status or expiry since.
    package func endToken(_ id: Int64, status: Int64, expiredTime: Int64) throws(DatabaseError) {
        try run(
            "UPDATE tokens SET status = ? WHERE id = ? AND status = 1 AND expired_time = ?", .int(status), .int(id),
            .int(expiredTime))
    }

    /// - Returns: whether there was such a token.
    package func deleteToken(_ id: Int64, userID: Int64) throws(DatabaseError) -> Bool {
        try run("DELETE FROM tokens WHERE id = ? AND user_id = ?", .int(id), .int(userID)) > 0
    }
}
