/// Why the database did not do what was asked.
package enum DatabaseError: Error, Equatable, Sendable {
    /// With what the operator should look at.
    case cannotOpen(String)
    case newerVersion(found: Int, known: Int)
    /// Another process has the database's file, whatever path it came by.
    case inUse
    /// The disk, or the size that the file may have, is used up.
    case full
    case busy
    /// Nothing is taken after `close`.
    case closed
    case constraint(String)
    /// Something around the database, such as the disk, that may pass; no row is to blame.
    case unavailable(String)
    case failed(String)
}

/// The store of users, tokens, channels, options and logs: SQLite here, SQL servers to follow.
package protocol Database: Sendable {
    /// Runs a query on a reader, apart from the writer's transactions.
    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T

    /// Runs a change on the one writer, in a savepoint of its own inside a transaction shared with what else is
    /// waiting; returns after the commit.
    func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T

    /// As `write`, for callers that do not wait; `completion` runs on the writer's thread after the commit.
    func submit(
        _ body: @escaping @Sendable (Connection) throws -> Void,
        completion: @escaping @Sendable ((any Error)?) -> Void)

    /// Finishes what is queued and closes; nothing may be asked afterwards.
    func close()

    /// Returns when what is committed would outlast a power cut; blocks, and is meant for the start.
    func makeDurable() throws(DatabaseError)
}

extension Database {
    package func makeDurable() throws(DatabaseError) {}
}
