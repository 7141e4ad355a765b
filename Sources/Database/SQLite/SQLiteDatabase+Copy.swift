extension SQLiteDatabase {
    /// Copies a database, which another process may have open, to a new file, and changes the copy before it is closed.
    /// - Parameters:
    ///   - path: must be there already.
    ///   - target: a file that nobody else has; there may be nothing in it.
    ///   - change: what the copy is to have besides, as one transaction.
    /// - Throws: what went wrong; the target is of no use then.
    package static func copy(
        from path: String, to target: String, busyTimeout: Int,
        change: (Connection) throws(DatabaseError) -> Void
    ) throws(DatabaseError) {
        let source = try Connection(path: path, busyTimeout: busyTimeout, isReadOnly: true)
        let copy = try Connection(path: target, busyTimeout: busyTimeout, isReadOnly: false)
        try source.copy(to: copy)
        // The journal is written into the copy without the log of a running database, so that it is one file at any time.
        try copy.execute("PRAGMA journal_mode=DELETE")
        try copy.execute("PRAGMA synchronous=FULL")
        try Schema.migrate(copy)
        try copy.execute("BEGIN IMMEDIATE")
        try change(copy)
        try copy.execute("COMMIT")
    }
}
