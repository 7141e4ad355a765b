/// Our own tables. one-api does not touch them, so a database can go back to one-api and return.
extension Schema {
    static func migrateOwnTables(_ connection: Connection) throws(DatabaseError) {
        try connection.execute("CREATE TABLE IF NOT EXISTS oneapi_meta(key text PRIMARY KEY, value text)")
        for table in ownTables { try migrate(table, on: connection) }
        try connection.execute("INSERT OR IGNORE INTO oneapi_ledger(id, generation, applied) VALUES(1, 0, 0)")
        for table in IdentifiedTable.allCases { try connection.rememberIDs(of: table) }
    }

    private static let ownTables: [Table] = [
        // How far the journal is applied, and how much quota a lost journal may have held.
        Table(
            name: "oneapi_ledger",
            columns: [
                ("id", "integer PRIMARY KEY CHECK(id = 1)"), ("generation", "integer NOT NULL"),
                ("applied", "integer NOT NULL"), ("held", "integer NOT NULL DEFAULT 0"),
                ("state", "integer NOT NULL DEFAULT 0"),
            ]),
        // The highest id that a table ever had.
        Table(name: "oneapi_ids", columns: [("name", "text PRIMARY KEY"), ("last", "integer NOT NULL")]),
        // Changes that a row refused, kept until somebody looks at them.
        Table(
            name: "oneapi_unapplied",
            columns: [
                ("id", "integer PRIMARY KEY"), ("created_at", "integer"), ("kind", "text"), ("account", "integer"),
                ("quota", "integer"), ("used_quota", "integer"), ("request_count", "integer"), ("reason", "text"),
                ("detail", "text"),
            ]),
    ]
}
