import TestKit
import TestTraits
import Testing

@testable import Database

@Suite(.inTurn) struct WriterTests {
    @Test("rolls back only the failing change, whatever else is in its transaction")
    func isolatesFailures() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        struct Wanted: Error {}
        let results = await withTaskGroup(of: Bool.self) { group in
            for number in 0..<200 {
                group.addTask {
                    do {
                        try await database.write { connection in
                            try connection.setOption("k\(number)", "v")
                            if number % 3 == 0 { throw Wanted() }
                        }
                        return true
                    } catch { return false }
                }
            }
            return await group.reduce(into: 0) { $0 += $1 ? 1 : 0 }
        }
        #expect(results == 133)
        #expect(try await database.read { try $0.options() }.count == 133)
        database.close()
    }

    @Test("if an error ends the whole transaction, that error is reported, and the next change works")
    func endedTransaction() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        await #expect(throws: DatabaseError.unavailable("disk I/O error")) {
            try await database.write { connection in
                // SQLite does this itself at an I/O error.
                try connection.execute("ROLLBACK")
                throw DatabaseError.unavailable("disk I/O error")
            }
        }
        try await database.write { try $0.setOption("k", "v") }
        #expect(try await database.read { try $0.options() }.count == 1)
        database.close()
    }

    @Test("reports a full disk, keeps what was committed, and goes on once there is room again")
    func fullDisk() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db", maxPages: 60)
        let large = String(repeating: "x", count: 20_000)
        var written = 0
        var failure: (any Error)?
        for number in 0..<50 where failure == nil {
            do {
                try await database.write { try $0.setOption("k\(number)", large) }
                written += 1
            } catch { failure = error }
        }
        #expect(failure as? DatabaseError == .full)
        #expect(try await database.read { try $0.options() }.count == written)
        try await database.write { _ = try $0.run("DELETE FROM options") }
        try await database.write { try $0.setOption("again", large) }
        #expect(try await database.read { try $0.options() }.count == 1)
        database.close()
    }

    @Test("refuses work after it was closed")
    func closed() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        database.close()
        await #expect(throws: DatabaseError.self) { try await database.write { try $0.setOption("a", "b") } }
    }

    @Test("applies a ledger group and its position together")
    func appliesLedger() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        _ = try await database.write {
            try $0.bootstrapRoot(passwordHash: "h", accessToken: "a", initialToken: "t", now: 5)
        }
        var group = LedgerGroup(position: LedgerPosition(generation: 2, sequence: 9))
        group.users[1, default: .init()].quota = -30
        group.users[1, default: .init()].usedQuota = 30
        group.users[1, default: .init()].requestCount = 2
        group.tokens[1, default: .init()].remainQuota = -30
        group.tokens[1, default: .init()].usedQuota = 30
        group.tokens[1, default: .init()].accessedTime = 77
        var log = LogRecord()
        log.type = 2
        log.quota = 30
        log.requestID = "r"
        group.logs = [log, log]
        let applied = group
        try await database.write { try $0.apply(applied) }
        let user = try #require(try await database.read { try $0.user(id: 1) })
        #expect(user.quota == 499_999_999_999_970)
        #expect(user.requestCount == 2)
        let token = try #require(try await database.read { try $0.token(key: "t") })
        #expect(token.remainQuota == 499_999_999_999_970)
        #expect(token.accessedTime == 77)
        #expect(
            try await database.write { try $0.ledgerStanding() }.position == LedgerPosition(generation: 2, sequence: 9))
        #expect(try await database.read { try $0.logQuota(LogFilter()) } == 60)
        #expect(try await database.write { try $0.databaseIdentity() } == database.write { try $0.databaseIdentity() })
        database.close()
    }

    @Test("updates abilities with their channel, and ignores repeated models and groups")
    func abilities() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        var channel = ChannelRecord()
        channel.models = "a,b,a"
        channel.group = "default,vip,default"
        let made = channel
        let id = try await database.write { try $0.insert(made) }
        func count(_ condition: String) async throws -> Int64 {
            try await database.read {
                try $0.first("SELECT COUNT(*) FROM abilities WHERE \(condition)") { $0.int(0) } ?? -1
            }
        }
        #expect(try await count("enabled = 1") == 4)
        func set(_ status: Int64) async throws {
            var changes = Changes()
            changes.set("status", .int(status))
            let update = changes
            _ = try await database.write { try $0.updateChannel(id, update) }
        }
        try await set(3)
        #expect(try await count("enabled = 0") == 4)
        var changes = Changes()
        changes.set("models", "c")
        changes.set("status", 1)
        let update = changes
        #expect(try await database.write { try $0.updateChannel(id, update) }?.models == "c")
        #expect(try await count("model = 'c' AND enabled = 1") == 2)
        try await set(2)
        #expect(try await database.write { try $0.deleteDisabledChannels() } == 1)
        #expect(try await count("1") == 0)
        database.close()
    }

    @Test("matches wildcards in a keyword literally")
    func wildcards() async throws {
        let directory = TemporaryDirectory()
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        for name in ["100%", "1000", "a_b", "axb"] {
            var user = UserRecord()
            user.username = name
            user.accessToken = name
            user.affCode = name
            let made = user
            _ = try await database.write { try $0.insert(made) }
        }
        #expect(try await database.read { try $0.searchUsers("100%") }.map(\.username) == ["100%"])
        #expect(try await database.read { try $0.searchUsers("a_") }.map(\.username) == ["a_b"])
        database.close()
    }
}
