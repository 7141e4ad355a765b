/// Why a database operation failed.
package enum DatabaseError: Error, Equatable, Sendable {
    /// The text says what the operator should check.
    case cannotOpen(String)
    case newerVersion(found: Int, known: Int)
    /// Another process has the database's file open, perhaps by another path.
    case inUse
    /// The disk is full, or the file has reached its largest size.
    case full
    case busy
    /// The database was closed.
    case closed
    case constraint(String)
    /// A temporary problem outside the rows, such as with the disk.
    case unavailable(String)
    case failed(String)
}

/// The store of users, tokens, channels, options and logs. SQLite is the only one so far; SQL servers will follow.
package protocol Database: Sendable {
    /// Runs a query on a reader, outside the writer's transactions.
    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T

    /// Runs a change on the only writer and returns after the commit. The change has its own savepoint inside a
    /// transaction that it shares with other waiting changes.
    func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T

    /// Like `write`, for callers that do not wait. `completion` runs on the writer's thread after the commit.
    func submit(
        _ body: @escaping @Sendable (Connection) throws -> Void,
        completion: @escaping @Sendable ((any Error)?) -> Void)

    /// Finishes all queued work and closes. Later calls fail.
    func close()

    /// Returns when everything committed would survive a power cut. It blocks, so use it only at the start.
    func makeDurable() throws(DatabaseError)
}

extension Database {
    package func makeDurable() throws(DatabaseError) {}
}
