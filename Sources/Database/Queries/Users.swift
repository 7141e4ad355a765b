extension Connection {
    package func user(id: Int64) throws(DatabaseError) -> UserRecord? {
        try first("SELECT \(UserRecord.columns) FROM users WHERE id = ?", [.int(id)], UserRecord.init)
    }

    /// Finds a user by exact name. Deleted users have another name.
    package func user(name: String) throws(DatabaseError) -> UserRecord? {
        try first("SELECT \(UserRecord.columns) FROM users WHERE username = ?", [.text(name)], UserRecord.init)
    }

    /// Finds a user by name or else by e-mail address, since the log-in accepts both.
    package func user(nameOrEmail text: String) throws(DatabaseError) -> UserRecord? {
        guard !text.isEmpty else { return nil }
        if let user = try user(name: text) { return user }
        return try first(
            "SELECT \(UserRecord.columns) FROM users WHERE email = ? AND status <> 3", [.text(text)], UserRecord.init)
    }

    package func user(accessToken: String) throws(DatabaseError) -> UserRecord? {
        guard !accessToken.isEmpty else { return nil }
        return try first(
            "SELECT \(UserRecord.columns) FROM users WHERE access_token = ?", [.text(accessToken)], UserRecord.init)
    }

    package func user(affCode: String) throws(DatabaseError) -> UserRecord? {
        guard !affCode.isEmpty else { return nil }
        return try first(
            "SELECT \(UserRecord.columns) FROM users WHERE aff_code = ?", [.text(affCode)], UserRecord.init)
    }

    package func hasUsers() throws(DatabaseError) -> Bool {
        try first("SELECT 1 FROM users LIMIT 1") { _ in true } ?? false
    }

    /// The order of the user list: by id, or by a counter from highest to lowest.
    package enum UserOrder: String, Sendable {
        case id
        case quota
        case usedQuota = "used_quota"
        case requestCount = "request_count"
    }

    package func users(page: Int64, order: UserOrder = .id) throws(DatabaseError) -> [UserRecord] {
        try rows(
            "SELECT \(UserRecord.columns) FROM users WHERE status <> 3 ORDER BY \(order.rawValue) DESC, id DESC LIMIT ? OFFSET ?",
            [.int(pageSize), .int(page * pageSize)], UserRecord.init)
    }

    package func searchUsers(_ keyword: String) throws(DatabaseError) -> [UserRecord] {
        let pattern = SQLValue.text(prefixPattern(keyword))
        return try rows(
            "SELECT \(UserRecord.columns) FROM users WHERE id = ? OR username LIKE ? ESCAPE '\\' OR email LIKE ? ESCAPE '\\' OR display_name LIKE ? ESCAPE '\\' ORDER BY id DESC",
            [.int(Int64(keyword) ?? -1), pattern, pattern, pattern], UserRecord.init)
    }

    /// - Returns: the new id, which no earlier user had.
    @discardableResult
    package func insert(_ user: UserRecord) throws(DatabaseError) -> Int64 {
        let id = try nextID(in: .users)
        try run(
            "INSERT INTO users(id, username, password, display_name, role, status, email, github_id, wechat_id, lark_id, oidc_id, access_token, quota, used_quota, request_count, `group`, aff_code, inviter_id) VALUES(?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?,?)",
            .int(id), .text(user.username), .text(user.password), .text(user.displayName), .int(user.role),
            .int(user.status), .text(user.email), .text(user.githubID), .text(user.wechatID), .text(user.larkID),
            .text(user.oidcID),
            .text(user.accessToken), .int(user.quota), .int(user.usedQuota), .int(user.requestCount),
            .text(user.group), .text(user.affCode), .int(user.inviterID))
        return id
    }

    /// - Returns: whether the user exists.
    package func updateUser(_ id: Int64, _ changes: Changes) throws(DatabaseError) -> Bool {
        try changes.apply(to: "users", id: id, on: self)
    }

    /// Marks a user as deleted: the name becomes free, and everything that could log in is removed.
    /// - Parameter marker: 32 hexadecimal digits for the new name.
    package func deleteUser(_ id: Int64, marker: String) throws(DatabaseError) {
        try run(
            "UPDATE users SET status = 3, username = ?, access_token = ? WHERE id = ?", .text("deleted_" + marker),
            .text(marker), .int(id))
    }

    /// Creates root in a database without users (spec/database.md §6).
    /// - Returns: whether root was created.
    package func bootstrapRoot(
        passwordHash: String, accessToken: String, initialToken: String?, now: Int64
    ) throws(DatabaseError) -> Bool {
        guard try !hasUsers() else { return false }
        var root = UserRecord()
        root.username = "root"
        root.password = passwordHash
        root.displayName = "Root User"
        root.role = 100
        root.accessToken = accessToken
        root.quota = 500_000_000_000_000
        let id = try insert(root)
        if let initialToken {
            var token = TokenRecord()
            token.userID = id
            token.key = initialToken
            token.name = "Initial Root Token"
            token.createdTime = now
            token.accessedTime = now
            token.remainQuota = 500_000_000_000_000
            token.isUnlimited = true
            try insert(token)
        }
        return true
    }
}
