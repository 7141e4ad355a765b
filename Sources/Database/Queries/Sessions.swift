/// Sessions that were ended before their cookie ran out, in our own table.
extension Connection {
    package func isSessionRevoked(_ id: String) throws(DatabaseError) -> Bool {
        try first("SELECT 1 FROM oneapi_meta WHERE key = ?", [.text(Self.key(id))]) { _ in true } ?? false
    }

    /// Remembers a session as ended until its cookie would have run out, and forgets those that have.
    /// - Parameters: unix seconds.
    package func revokeSession(_ id: String, until expiry: Int64, now: Int64) throws(DatabaseError) {
        try run(
            "DELETE FROM oneapi_meta WHERE key LIKE 'revoked\\_session:%' ESCAPE '\\' AND CAST(value AS integer) < ?",
            .int(now))
        try run(
            "INSERT OR REPLACE INTO oneapi_meta(key, value) VALUES(?, ?)", .text(Self.key(id)), .text(String(expiry)))
    }

    private static func key(_ id: String) -> String { "revoked_session:\(id)" }
}
