import TestKit
import TestTraits
import Testing

@testable import Database

@Suite(.inTurn) struct SchemaTests {
    private static func columns(_ table: String, _ connection: Connection) throws -> [String] {
        try connection.rows(
            "SELECT name || ' ' || lower(type) || COALESCE(' ' || dflt_value, '') FROM pragma_table_info(?)",
            [.text(table)]
        ) { $0.text(0) }
    }

    static let expected: [(String, [String])] = [
        (
            "channels",
            [
                "id integer", "type integer 0", "key text", "status integer 1", "name text", "weight integer 0",
                "created_time integer", "test_time integer", "response_time integer", "base_url text ''", "other text",
                "balance real", "balance_updated_time integer", "models text", "group varchar(32) 'default'",
                "used_quota integer 0", "model_mapping varchar(1024) ''", "priority integer 0", "config text",
                "system_prompt text",
            ]
        ),
        (
            "tokens",
            [
                "id integer", "user_id integer", "key char(48)", "status integer 1", "name text",
                "created_time integer", "accessed_time integer", "expired_time integer -1", "remain_quota integer 0",
                "unlimited_quota numeric false", "used_quota integer 0", "models text", "subnet text ''",
            ]
        ),
        (
            "users",
            [
                "id integer", "username text", "password text", "display_name text", "role integer 1",
                "status integer 1", "email text", "github_id text", "wechat_id text", "lark_id text", "oidc_id text",
                "access_token char(32)", "quota integer 0", "used_quota integer 0", "request_count integer 0",
                "group varchar(32) 'default'", "aff_code varchar(32)", "inviter_id integer",
            ]
        ),
        ("options", ["key text", "value text"]),
        (
            "redemptions",
            [
                "id integer", "user_id integer", "key char(32)", "status integer 1", "name text", "quota integer 100",
                "created_time integer", "redeemed_time integer",
            ]
        ),
        (
            "abilities",
            ["group varchar(32)", "model text", "channel_id integer", "enabled numeric", "priority integer 0"]
        ),
        (
            "logs",
            [
                "id integer", "user_id integer", "created_at integer", "type integer", "content text",
                "username text ''", "token_name text ''", "model_name text ''", "quota integer 0",
                "prompt_tokens integer 0", "completion_tokens integer 0", "channel_id integer", "request_id text ''",
                "elapsed_time integer 0", "is_stream numeric false", "system_prompt_reset numeric false",
            ]
        ),
    ]

    @Test("makes one-api's tables column by column", arguments: expected)
    func tables(table: String, columns: [String]) async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        #expect(try await database.read { try Self.columns(table, $0) } == columns)
        database.close()
    }

    @Test("makes one-api's indexes by name")
    func indexes() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        let names = try await database.read {
            try $0.rows("SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL ORDER BY name") {
                $0.text(0)
            }
        }
        #expect(
            names == [
                "idx_abilities_channel_id", "idx_abilities_priority", "idx_channels_name", "idx_created_at_type",
                "idx_logs_channel_id", "idx_logs_model_name", "idx_logs_token_name", "idx_logs_user_id",
                "idx_redemptions_key", "idx_redemptions_name", "idx_tokens_key", "idx_tokens_name",
                "idx_users_access_token", "idx_users_aff_code", "idx_users_display_name", "idx_users_email",
                "idx_users_git_hub_id", "idx_users_inviter_id", "idx_users_lark_id", "idx_users_oidc_id",
                "idx_users_username", "idx_users_we_chat_id", "index_username_model_name",
            ])
        database.close()
    }

    @Test("opens an old one-api database, adds what is missing, and keeps its rows")
    func opensOldDatabase() async throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/old.db"
        do {
            // The state in which one-api's ORM leaves a rebuilt table: quoted name, backticks around columns, new
            // columns missing.
            let old = try Connection(path: path, busyTimeout: 100, isReadOnly: false)
            try old.execute(
                """
                CREATE TABLE "users" (`id` integer,`username` text UNIQUE,`password` text NOT NULL,`display_name` text,
                    `role` integer DEFAULT 1,`status` integer DEFAULT 1,`access_token` char(32),`quota` integer DEFAULT 0,
                    `aff_code` varchar(32),PRIMARY KEY (`id`));
                INSERT INTO users(id, username, password, role, quota) VALUES(7, 'root', 'x', 100, 42);
                CREATE TABLE "channels" (`id` integer,`type` integer DEFAULT 0,`key` text,`models` text,
                    `group` varchar(32),PRIMARY KEY (`id`));
                INSERT INTO channels(id, type, key, models) VALUES(3, 1, 'sk-a', 'gpt-4o,,gpt-4o');
                """)
        }
        let database = try SQLiteDatabase(path: path)
        let user = try #require(try await database.read { try $0.user(id: 7) })
        #expect(user.username == "root")
        #expect(user.quota == 42)
        #expect(user.email == "")
        #expect(user.requestCount == 0)
        let channel = try #require(try await database.read { try $0.channel(id: 3) })
        #expect(channel.modelList == ["gpt-4o"])
        #expect(channel.modelMapping == nil || channel.modelMapping == "")
        #expect(
            try await database.write {
                try $0.bootstrapRoot(passwordHash: "", accessToken: "", initialToken: nil, now: 1)
            } == false)
        database.close()
    }

    @Test("refuses a newer database and a file that is not a database")
    func refuses() throws {
        let directory = TemporaryDirectory()
        let path = directory.path + "/a.db"
        try SQLiteDatabase(path: path).close()
        let connection = try Connection(path: path, busyTimeout: 100, isReadOnly: false)
        try connection.execute("UPDATE oneapi_meta SET value = '999' WHERE key = 'schema_version'")
        #expect(throws: DatabaseError.newerVersion(found: 999, known: Schema.version)) {
            try SQLiteDatabase(path: path)
        }
        #expect(throws: DatabaseError.self) { try SQLiteDatabase(path: directory.path) }
        let other = try RawFile(path: directory.path + "/b.db", text: String(repeating: "no database ", count: 500))
        #expect(throws: DatabaseError.self) { try SQLiteDatabase(path: other.path) }
    }
}

struct RawFile {
    let path: String

    init(path: String, text: String) throws {
        self.path = path
        try writeFile(path, Array(text.utf8))
    }
}
