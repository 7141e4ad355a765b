/// one-api's tables, exactly (spec/database.md §3), and our own, whose names begin with `oneapi_`.
enum Schema {
    /// Version of our own tables.
    static let version = 1

    struct Table {
        var name: String
        var columns: [(name: String, definition: String)]
        var constraints: [String] = []
        var indexes: [String] = []
    }

    static func migrate(_ connection: Connection) throws(DatabaseError) {
        try checkVersion(connection)
        try connection.execute("BEGIN IMMEDIATE")
        do throws(DatabaseError) {
            for table in tables { try migrate(table, on: connection) }
            try migrateOwnTables(connection)
            try connection.run(
                "INSERT INTO oneapi_meta(key, value) VALUES('schema_version', ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value WHERE value <> excluded.value",
                .text(String(version)))
            try connection.execute("COMMIT")
        } catch {
            try? connection.execute("ROLLBACK")
            throw error
        }
    }

    private static func checkVersion(_ connection: Connection) throws(DatabaseError) {
        let isOurs = try connection.first(
            "SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = 'oneapi_meta'", [], { _ in true })
        guard isOurs == true else { return }
        let found = try connection.first("SELECT value FROM oneapi_meta WHERE key = 'schema_version'") { $0.text(0) }
        if let found = found.flatMap({ Int($0) }), found > version {
            throw .newerVersion(found: found, known: version)
        }
    }

    /// Creates a missing table, or adds missing columns and indexes to a table of one-api. It never rebuilds a table.
    static func migrate(_ table: Table, on connection: Connection) throws(DatabaseError) {
        let present = try connection.rows("SELECT name FROM pragma_table_info(?)", [.text(table.name)]) { $0.text(0) }
        if present.isEmpty {
            let lines = table.columns.map { "`\($0.name)` \($0.definition)" } + table.constraints
            try connection.execute("CREATE TABLE `\(table.name)` (\(lines.joined(separator: ",")))")
        } else {
            for column in table.columns where !present.contains(column.name) {
                try connection.execute("ALTER TABLE `\(table.name)` ADD COLUMN `\(column.name)` \(column.definition)")
            }
        }
        for index in table.indexes {
            try connection.execute("CREATE \(index)")
        }
    }

    private static let identity = ("id", "integer PRIMARY KEY AUTOINCREMENT")

    private static let tables: [Table] = [
        Table(
            name: "channels",
            columns: [
                identity, ("type", "integer DEFAULT 0"), ("key", "text"), ("status", "integer DEFAULT 1"),
                ("name", "text"), ("weight", "integer DEFAULT 0"), ("created_time", "integer"),
                ("test_time", "integer"), ("response_time", "integer"), ("base_url", "text DEFAULT ''"),
                ("other", "text"), ("balance", "real"), ("balance_updated_time", "integer"), ("models", "text"),
                ("group", "varchar(32) DEFAULT 'default'"), ("used_quota", "integer DEFAULT 0"),
                ("model_mapping", "varchar(1024) DEFAULT ''"), ("priority", "integer DEFAULT 0"), ("config", "text"),
                ("system_prompt", "text"),
            ], indexes: ["INDEX IF NOT EXISTS `idx_channels_name` ON `channels`(`name`)"]),
        Table(
            name: "tokens",
            columns: [
                identity, ("user_id", "integer"), ("key", "char(48)"), ("status", "integer DEFAULT 1"),
                ("name", "text"), ("created_time", "integer"), ("accessed_time", "integer"),
                ("expired_time", "integer DEFAULT -1"), ("remain_quota", "integer DEFAULT 0"),
                ("unlimited_quota", "numeric DEFAULT false"), ("used_quota", "integer DEFAULT 0"), ("models", "text"),
                ("subnet", "text DEFAULT ''"),
            ],
            indexes: [
                "UNIQUE INDEX IF NOT EXISTS `idx_tokens_key` ON `tokens`(`key`)",
                "INDEX IF NOT EXISTS `idx_tokens_name` ON `tokens`(`name`)",
            ]),
        Table(
            name: "users",
            columns: [
                identity, ("username", "text"), ("password", "text NOT NULL"), ("display_name", "text"),
                ("role", "integer DEFAULT 1"), ("status", "integer DEFAULT 1"), ("email", "text"),
                ("github_id", "text"), ("wechat_id", "text"), ("lark_id", "text"), ("oidc_id", "text"),
                ("access_token", "char(32)"), ("quota", "integer DEFAULT 0"), ("used_quota", "integer DEFAULT 0"),
                ("request_count", "integer DEFAULT 0"), ("group", "varchar(32) DEFAULT 'default'"),
                ("aff_code", "varchar(32)"), ("inviter_id", "integer"),
            ],
            constraints: ["CONSTRAINT `uni_users_username` UNIQUE (`username`)"],
            indexes: [
                "UNIQUE INDEX IF NOT EXISTS `idx_users_access_token` ON `users`(`access_token`)",
                "UNIQUE INDEX IF NOT EXISTS `idx_users_aff_code` ON `users`(`aff_code`)",
                "INDEX IF NOT EXISTS `idx_users_username` ON `users`(`username`)",
                "INDEX IF NOT EXISTS `idx_users_display_name` ON `users`(`display_name`)",
                "INDEX IF NOT EXISTS `idx_users_email` ON `users`(`email`)",
                "INDEX IF NOT EXISTS `idx_users_git_hub_id` ON `users`(`github_id`)",
                "INDEX IF NOT EXISTS `idx_users_we_chat_id` ON `users`(`wechat_id`)",
                "INDEX IF NOT EXISTS `idx_users_lark_id` ON `users`(`lark_id`)",
                "INDEX IF NOT EXISTS `idx_users_oidc_id` ON `users`(`oidc_id`)",
                "INDEX IF NOT EXISTS `idx_users_inviter_id` ON `users`(`inviter_id`)",
            ]),
        Table(name: "options", columns: [("key", "text"), ("value", "text")], constraints: ["PRIMARY KEY (`key`)"]),
        Table(
            name: "redemptions",
            columns: [
                identity, ("user_id", "integer"), ("key", "char(32)"), ("status", "integer DEFAULT 1"),
                ("name", "text"), ("quota", "integer DEFAULT 100"), ("created_time", "integer"),
                ("redeemed_time", "integer"),
            ],
            indexes: [
                "UNIQUE INDEX IF NOT EXISTS `idx_redemptions_key` ON `redemptions`(`key`)",
                "INDEX IF NOT EXISTS `idx_redemptions_name` ON `redemptions`(`name`)",
            ]),
        Table(
            name: "abilities",
            columns: [
                ("group", "varchar(32)"), ("model", "text"), ("channel_id", "integer"), ("enabled", "numeric"),
                ("priority", "integer DEFAULT 0"),
            ],
            constraints: ["PRIMARY KEY (`group`,`model`,`channel_id`)"],
            indexes: [
                "INDEX IF NOT EXISTS `idx_abilities_channel_id` ON `abilities`(`channel_id`)",
                "INDEX IF NOT EXISTS `idx_abilities_priority` ON `abilities`(`priority`)",
            ]),
        Table(
            name: "logs",
            columns: [
                identity, ("user_id", "integer"), ("created_at", "integer"), ("type", "integer"), ("content", "text"),
                ("username", "text DEFAULT ''"), ("token_name", "text DEFAULT ''"), ("model_name", "text DEFAULT ''"),
                ("quota", "integer DEFAULT 0"), ("prompt_tokens", "integer DEFAULT 0"),
                ("completion_tokens", "integer DEFAULT 0"), ("channel_id", "integer"),
                ("request_id", "text DEFAULT ''"), ("elapsed_time", "integer DEFAULT 0"),
                ("is_stream", "numeric DEFAULT false"), ("system_prompt_reset", "numeric DEFAULT false"),
            ],
            indexes: [
                "INDEX IF NOT EXISTS `idx_logs_user_id` ON `logs`(`user_id`)",
                "INDEX IF NOT EXISTS `idx_logs_channel_id` ON `logs`(`channel_id`)",
                "INDEX IF NOT EXISTS `idx_logs_token_name` ON `logs`(`token_name`)",
                "INDEX IF NOT EXISTS `idx_logs_model_name` ON `logs`(`model_name`)",
                "INDEX IF NOT EXISTS `idx_created_at_type` ON `logs`(`created_at`,`type`)",
                "INDEX IF NOT EXISTS `index_username_model_name` ON `logs`(`model_name`,`username`)",
            ]),
    ]
}
