/// Our own tables. one-api leaves them alone, so that a database goes back and returns.
extension Schema {
    static func migrateOwnTables(_ connection: Connection) throws(DatabaseError) {
        try connection.execute("CREATE TABLE IF NOT EXISTS oneapi_meta(key text PRIMARY KEY, value text)")
        for table in ownTables { try migrate(table, on: connection) }
        try connection.execute("INSERT OR IGNORE INTO oneapi_ledger(id, generation, applied) VALUES(1, 0, 0)")
        for table in IdentifiedTable.allCases { try connection.rememberIDs(of: table) }
    }

    private static let ownTables: [Table] = [
        // How far the journal is applied, and what a lost journal may have held.
        Table(
            name: "oneapi_ledger",
            columns: [
                ("id", "integer PRIMARY KEY CHECK(id = 1)"), ("generation", "integer NOT NULL"),
                ("applied", "integer NOT NULL"), ("held", "integer NOT NULL DEFAULT 0"),
                ("state", "integer NOT NULL DEFAULT 0"),
            ]),
        // The highest id that a table ever had.
        Table(name: "oneapi_ids", columns: [("name", "text PRIMARY KEY"), ("last", "integer NOT NULL")]),
        // Changes that their own row refused, kept until a person looks.
        Table(
            name: "oneapi_unapplied",
            columns: [
                ("id", "integer PRIMARY KEY"), ("created_at", "integer"), ("kind", "text"), ("account", "integer"),
                ("quota", "integer"), ("used_quota", "integer"), ("request_count", "integer"), ("reason", "text"),
                ("detail", "text"),
            ]),
    ]
}
