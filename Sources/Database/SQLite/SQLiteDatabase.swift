import CSQLite
import EventLoop

/// SQLite in WAL mode. One writer thread commits all waiting changes as one group; readers have threads of their own.
package final class SQLiteDatabase: Database {
    private static let isConfigured = oneapi_sqlite_without_statistics() == SQLITE_OK

    private let file: DatabaseFile
    private let busyTimeout: Int
    private let writer: WorkQueue
    private let reader: WorkQueue

    /// Opens or creates the file, locks it for this process, and brings its schema up to date.
    /// - Parameters:
    ///   - busyTimeout: milliseconds to wait for another process's lock.
    ///   - maxPages: a limit on the file's size, for tests of a full disk.
    package init(path: String, busyTimeout: Int = 3000, maxPages: Int? = nil) throws(DatabaseError) {
        // SQLite refuses this if another database of this process is open already, which does no harm.
        _ = Self.isConfigured
        file = try DatabaseFile(path: path)
        self.busyTimeout = busyTimeout
        let path = file.path
        let connection = try Connection(path: path, busyTimeout: busyTimeout, isReadOnly: false)
        do throws(DatabaseError) {
            try connection.execute("PRAGMA journal_mode=WAL")
            try connection.execute("PRAGMA synchronous=NORMAL")
            try Schema.migrate(connection)
            if let maxPages { try connection.execute("PRAGMA max_page_count=\(maxPages)") }
        } catch {
            if case .failed(let reason) = error { throw .cannotOpen(reason) }
            throw error
        }
        let readConnection = try Connection(path: path, busyTimeout: busyTimeout, isReadOnly: true)
        writer = try WorkQueue(name: "db-writer", connection: connection, groupsInTransaction: true)
        reader = try WorkQueue(name: "db-reader", connection: readConnection, groupsInTransaction: false)
    }

    package func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await ask(reader, body)
    }

    package func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await ask(writer, body)
    }

    package func submit(
        _ body: @escaping @Sendable (Connection) throws -> Void,
        completion: @escaping @Sendable ((any Error)?) -> Void
    ) {
        writer.add(WorkQueue.Job(body: body, completion: completion))
    }

    package func close() {
        // The writer closes last, because the last connection moves the write-ahead log into the file.
        reader.finish()
        writer.finish()
        file.release()
    }

    /// Forces committed changes to the disk. A commit alone leaves that to the next checkpoint.
    package func makeDurable() throws(DatabaseError) {
        try Connection(path: file.path, busyTimeout: busyTimeout, isReadOnly: false)
            .execute("PRAGMA wal_checkpoint(FULL)")
    }

    private func ask<T: Sendable>(
        _ queue: WorkQueue, _ body: @escaping @Sendable (Connection) throws -> T
    ) async throws -> T {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<T, any Error>) in
            let box = ResultBox<T>()
            queue.add(
                WorkQueue.Job(
                    body: { box.value = try body($0) },
                    completion: { error in
                        if let error {
                            continuation.resume(throwing: error)
                        } else if let value = box.value {
                            continuation.resume(returning: value)
                        } else {
                            continuation.resume(throwing: DatabaseError.closed)
                        }
                    }))
        }
    }
}

/// Carries a result from a job's body to its completion.
///
/// `@unchecked Sendable`: both run on the queue's thread, one after the other.
private final class ResultBox<T>: @unchecked Sendable {
    var value: T?
}
