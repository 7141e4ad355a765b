extension Connection {
    /// All saved options. Options that are not saved have their defaults.
    package func options() throws(DatabaseError) -> [(key: String, value: String)] {
        try rows("SELECT key, value FROM options") { (key: $0.text(0), value: $0.text(1)) }
    }

    package func setOption(_ key: String, _ value: String) throws(DatabaseError) {
        try run(
            "INSERT INTO options(key, value) VALUES(?, ?) ON CONFLICT(key) DO UPDATE SET value = excluded.value",
            .text(key), .text(value))
    }
}
