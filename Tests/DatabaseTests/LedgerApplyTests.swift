import TestKit
import TestTraits
import Testing

@testable import Database

@Suite(.inTurn) struct LedgerApplyTests {
    private func database(_ directory: TemporaryDirectory) async throws -> SQLiteDatabase {
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        _ = try await database.write {
            try $0.bootstrapRoot(passwordHash: "h", accessToken: "a", initialToken: "t", now: 5)
        }
        return database
    }

    private func group(_ change: (inout LedgerGroup) -> Void) -> LedgerGroup {
        var group = LedgerGroup(position: LedgerPosition(generation: 1, sequence: 9))
        change(&group)
        return group
    }

    @Test("a new value is set first, and the change is added to it")
    func sets() async throws {
        let directory = TemporaryDirectory()
        let database = try await database(directory)
        let change = group { group in
            group.users[1, default: .init()].newQuota = 100
            group.users[1, default: .init()].quota = -7
            group.tokens[1, default: .init()].newRemainQuota = 50
            group.tokens[1, default: .init()].remainQuota = 1
            group.tokens[1, default: .init()].isUnlimited = false
            group.held = 12
        }
        try await database.write { try $0.apply(change) }
        let (user, token) = try await database.read { (try $0.user(id: 1), try $0.token(id: 1)) }
        #expect(user?.quota == 93 && token?.remainQuota == 51 && token?.isUnlimited == false)
        let standing = try await database.write { try $0.ledgerStanding() }
        #expect(standing.held == 12 && standing.state == .open && standing.position.sequence == 9)
        database.close()
    }

    @Test("sums stop at the ends of the integer range and stay integers", arguments: [Int64.max, .min])
    func saturates(end: Int64) async throws {
        let directory = TemporaryDirectory()
        let database = try await database(directory)
        let step: Int64 = end > 0 ? 5 : -5
        try await database.write { connection in
            try connection.run(
                "UPDATE users SET quota = ?, used_quota = ?, request_count = ?",
                [.int(end - step + (step > 0 ? 1 : -1)), .int(end), .int(end)])
            try connection.run("UPDATE tokens SET remain_quota = ?, used_quota = ?", [.int(end), .int(end)])
        }
        let change = group { group in
            group.users[1, default: .init()].quota = step
            group.users[1, default: .init()].usedQuota = step
            group.users[1, default: .init()].requestCount = step
            group.tokens[1, default: .init()].remainQuota = step
            group.tokens[1, default: .init()].usedQuota = step
        }
        try await database.write { try $0.apply(change) }
        let kinds = try await database.read {
            try $0.first(
                "SELECT typeof(u.quota) || typeof(u.used_quota) || typeof(t.remain_quota) || typeof(t.used_quota) FROM users u, tokens t"
            ) { $0.text(0) }
        }
        #expect(kinds == String(repeating: "integer", count: 4))
        let (user, token) = try await database.read { (try $0.user(id: 1), try $0.token(id: 1)) }
        #expect(user?.quota == end && user?.usedQuota == end && user?.requestCount == end)
        #expect(token?.remainQuota == end && token?.usedQuota == end)
        database.close()
    }

    @Test("sums over one-api's unbounded rows stop at the ends of the integer range")
    func sums() async throws {
        let directory = TemporaryDirectory()
        let database = try await database(directory)
        for (quota, sum) in [(Int64.max, Int64.max), (-.max, 0), (-3, -3), (.min, .min)] {
            var log = LogRecord()
            (log.userID, log.type, log.quota, log.promptTokens, log.createdAt) = (1, 2, quota, quota, 100)
            let row = log
            try await database.write { try $0.insert(row) }
            #expect(try await database.read { try $0.logQuota(LogFilter()) } == sum)
            let usage = try await database.read { try $0.dailyUsage(userID: 1, from: 0, to: 1000) }
            #expect(usage.map(\.quota) == [sum] && usage.map(\.promptTokens) == [sum])
        }
        database.close()
    }

    @Test("a position that was lost is written again at the start")
    func lostPosition() async throws {
        let directory = TemporaryDirectory()
        let database = try await database(directory)
        try await database.write { connection in
            try connection.execute("DELETE FROM oneapi_ledger")
            try connection.setLedger(LedgerPosition(generation: 3, sequence: 4), .closed)
        }
        let standing = try await database.write { try $0.ledgerStanding() }
        #expect(standing.position == LedgerPosition(generation: 3, sequence: 4) && standing.state == .closed)
        database.close()
    }

    @Test("an older version's table of the position gets the missing columns")
    func olderTable() async throws {
        let directory = TemporaryDirectory()
        do {
            let old = try Connection(path: directory.path + "/a.db", busyTimeout: 100, isReadOnly: false)
            try old.execute(
                """
                CREATE TABLE oneapi_ledger(
                    id integer PRIMARY KEY CHECK(id = 1), generation integer NOT NULL, applied integer NOT NULL);
                INSERT INTO oneapi_ledger VALUES(1, 2, 77);
                """)
        }
        let database = try SQLiteDatabase(path: directory.path + "/a.db")
        let standing = try await database.write { try $0.ledgerStanding() }
        #expect(standing.position == LedgerPosition(generation: 2, sequence: 77))
        #expect(standing.state == .unknown && standing.held == 0)
        database.close()
    }
}
