import Database
import Glibc
import TestKit
import Testing

@testable import Gateway

/// A database with one user and one token, and the ledger on it.
final class LedgerFixture {
    let directory: TemporaryDirectory
    let database: SQLiteDatabase
    let ledger: Ledger
    let notices = Notices()
    var path: String { directory.path + "/journal" }

    init(
        quota: Int64 = 1000, isUnlimited: Bool = false, journalSize: Int = 1 << 20, journalLimit: Int? = nil,
        maxPages: Int? = nil, system: JournalSystem = JournalSystem(),
        seed: (@Sendable (Connection) throws -> Void)? = nil,
        through wrap: (SQLiteDatabase) -> any Database = { $0 }
    ) async throws {
        directory = TemporaryDirectory()
        database = try SQLiteDatabase(path: directory.path + "/a.db", busyTimeout: 100, maxPages: maxPages)
        var user = UserRecord()
        user.username = "u"
        user.accessToken = "a"
        user.quota = quota
        var token = TokenRecord()
        token.userID = 1
        token.key = "k"
        token.remainQuota = quota
        token.isUnlimited = isUnlimited
        let (newUser, newToken) = (user, token)
        try await database.write { connection in
            try connection.insert(newUser)
            try connection.insert(newToken)
            try seed?(connection)
        }
        ledger = try await Ledger(
            journalPath: directory.path + "/journal", journalSize: journalSize,
            journalLimit: journalLimit ?? journalSize * 8, database: wrap(database), followDelay: .zero,
            report: notices.add, system: system)
        try await Self.open(ledger, database)
    }

    /// Starts on the files that another run left.
    init(_ directory: TemporaryDirectory, journalSize: Int = 1 << 20) async throws {
        self.directory = directory
        database = try SQLiteDatabase(path: directory.path + "/a.db", busyTimeout: 100)
        do {
            ledger = try await Ledger(
                journalPath: directory.path + "/journal", journalSize: journalSize, journalLimit: journalSize * 8,
                database: database, followDelay: .zero, report: notices.add, system: JournalSystem())
            try await Self.open(ledger, database)
        } catch {
            database.close()
            throw error
        }
    }

    deinit { database.close() }

    private static func open(_ ledger: Ledger, _ database: SQLiteDatabase) async throws {
        let (user, token) = try await database.read { (try $0.user(id: 1), try $0.token(id: 1)) }
        ledger.open(user: try #require(user), token: token)
    }

    func spend(_ quota: Int64, reserving amount: Int64? = nil, id: String = "r") throws {
        try ledger.reserve(userID: 1, tokenID: 1, amount: amount ?? quota).settle(settlement(quota, id: id))
    }

    func stored() async throws -> (user: Int64, token: Int64, logs: Int64) {
        _ = await ledger.flush()
        return try await read()
    }

    func read() async throws -> (user: Int64, token: Int64, logs: Int64) {
        try await database.read {
            (
                try $0.user(id: 1)?.quota ?? -1, try $0.token(id: 1)?.remainQuota ?? -1,
                try $0.logQuota(LogFilter())
            )
        }
    }

    /// Copies the files as a process that is killed now would leave them.
    /// - Parameter change: changes the copied journal.
    func killed(_ change: (inout [UInt8]) -> Void = { _ in }) throws -> TemporaryDirectory {
        let copy = try Self.copied(from: directory.path)
        var journal = readFile(copy.path + "/journal")
        change(&journal)
        try writeFile(copy.path + "/journal", journal)
        return copy
    }

    /// Copies database and journal as they are at one moment. While the follower writes, one file would be copied before
    /// a change and another after it; so they are read until two readings in a row agree.
    static func copied(from directory: String) throws -> TemporaryDirectory {
        let names = ["a.db", "a.db-wal", "journal"]
        var last: [[UInt8]] = []
        for _ in 0..<1000 {
            let files = names.map { readFile("\(directory)/\($0)") }
            if files == last { break }
            last = files
            usleep(1000)
        }
        let copy = TemporaryDirectory()
        for (name, bytes) in zip(names, last) { try writeFile("\(copy.path)/\(name)", bytes) }
        return copy
    }
}

func settlement(_ quota: Int64, id: String = "r") -> Settlement {
    var log = LogRecord()
    log.type = LogRecord.Kind.consume.rawValue
    log.userID = 1
    log.quota = quota
    log.requestID = id
    log.content = "倍率：1.00 × 1.00 × 1.00"
    return Settlement(quota: quota, channelID: 1, log: log, time: 1)
}
