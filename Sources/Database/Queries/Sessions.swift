/// Sessions that ended before their cookie expired. They are in our own table.
extension Connection {
    package func isSessionRevoked(_ id: String) throws(DatabaseError) -> Bool {
        try first("SELECT 1 FROM oneapi_meta WHERE key = ?", [.text(Self.key(id))]) { _ in true } ?? false
    }

    /// Saves a session as ended until its cookie expires, and deletes sessions whose cookie has expired.
    /// - Parameters: times in Unix seconds.
    package func revokeSession(_ id: String, until expiry: Int64, now: Int64) throws(DatabaseError) {
        try run(
            "DELETE FROM oneapi_meta WHERE key LIKE 'revoked\\_session:%' ESCAPE '\\' AND CAST(value AS integer) < ?",
            .int(now))
        try run(
            "INSERT OR REPLACE INTO oneapi_meta(key, value) VALUES(?, ?)", .text(Self.key(id)), .text(String(expiry)))
    }

    private static func key(_ id: String) -> String { "revoked_session:\(id)" }
}
