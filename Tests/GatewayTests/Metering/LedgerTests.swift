import Database
import TestKit
import Testing

@testable import Gateway

/// A database with one user and one token, and the ledger on it.
private final class LedgerFixture {
    let directory = TemporaryDirectory()
    let database: SQLiteDatabase
    let ledger: Ledger
    var path: String { directory.path + "/journal" }

    init(quota: Int64 = 1000, journalSize: Int = 1 << 20, maxPages: Int? = nil) async throws {
        database = try SQLiteDatabase(path: directory.path + "/a.db", maxPages: maxPages)
        var user = UserRecord()
        user.username = "u"
        user.accessToken = "a"
        user.quota = quota
        var token = TokenRecord()
        token.userID = 1
        token.key = "k"
        token.remainQuota = quota
        let (newUser, newToken) = (user, token)
        try await database.write { connection in
            try connection.insert(newUser)
            try connection.insert(newToken)
        }
        ledger = try await Ledger(
            journalPath: directory.path + "/journal", journalSize: journalSize, database: database, followDelay: .zero)
        try await Self.open(ledger, database)
    }

    deinit { database.close() }

    static func open(_ ledger: Ledger, _ database: SQLiteDatabase) async throws {
        let (user, token) = try await database.read { (try $0.user(id: 1), try $0.token(id: 1)) }
        ledger.open(user: try #require(user), token: token)
    }

    func stored() async throws -> (user: Int64, token: Int64, logs: Int64) {
        await ledger.flush()
        return try await database.read {
            (
                try $0.user(id: 1)?.quota ?? -1, try $0.token(id: 1)?.remainQuota ?? -1,
                try $0.logQuota(LogFilter())
            )
        }
    }
}

private func settlement(_ quota: Int64, id: String = "r") -> Settlement {
    var log = LogRecord()
    log.type = LogRecord.Kind.consume.rawValue
    log.userID = 1
    log.quota = quota
    log.requestID = id
    log.content = "倍率：1.00 × 1.00 × 1.00"
    return Settlement(quota: quota, channelID: 1, log: log, time: 1)
}

@Suite struct LedgerTests {
    @Test("holds back, charges the exact sum, and gives the rest back")
    func settles() async throws {
        let fixture = try await LedgerFixture()
        let reservation = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 600)
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 400)
        #expect(throws: ReservationRefusal.tokenQuota) {
            _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 401).amount
        }
        reservation.settle(settlement(75))
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 925)
        #expect(try await fixture.stored() == (925, 925, 75))
    }

    @Test("gives everything back when a reservation dies unsettled")
    func refunds() async throws {
        let fixture = try await LedgerFixture()
        do { _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 600).amount }
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 700).refund()
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 1000)
        #expect(try await fixture.stored() == (1000, 1000, 0))
    }

    @Test("a sum beyond the range neither ends the process nor the next start")
    func absurdCharges() async throws {
        let fixture = try await LedgerFixture()
        for _ in 0..<5 {
            try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1).settle(settlement(.max / 2))
            // An administrator puts it right again.
            fixture.ledger.setBalance(ofUser: 1, to: 1000)
            fixture.ledger.setBalance(ofToken: 1, to: 1000, isUnlimited: false)
        }
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1).settle(settlement(.max))
        #expect(fixture.ledger.balance(ofUser: 1) == 1000 - Int64.max)
    }

    @Test("never sells more than there is under concurrency")
    func neverOversells() async throws {
        let fixture = try await LedgerFixture()
        let ledger = fixture.ledger
        let served = await withTaskGroup(of: Int.self) { group in
            for number in 0..<1000 {
                group.addTask {
                    guard let reservation = try? ledger.reserve(userID: 1, tokenID: 1, amount: 100) else { return 0 }
                    reservation.settle(settlement(100, id: "r\(number)"))
                    return 1
                }
            }
            return await group.reduce(0, +)
        }
        #expect(served == 10)
        #expect(try await fixture.stored() == (0, 0, 1000))
    }

    @Test("applies what a killed run had only journalled, once, and closes what it left open")
    func replays() async throws {
        let fixture = try await LedgerFixture()
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 100).settle(settlement(40, id: "one"))
        _ = try await fixture.stored()
        let open = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 300)
        // The database stands still here while the journal goes on, as when the process is killed now.
        let before = readFile(fixture.directory.path + "/a.db")
        let wal = readFile(fixture.directory.path + "/a.db-wal")
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 100).settle(settlement(7, id: "two"))
        let journal = readFile(fixture.path)
        let copy = TemporaryDirectory()
        try writeFile(copy.path + "/a.db", before)
        try writeFile(copy.path + "/a.db-wal", wal)
        try writeFile(copy.path + "/journal", journal)
        open.refund()
        for round in 0..<2 {
            let database = try SQLiteDatabase(path: copy.path + "/a.db")
            let ledger = try await Ledger(
                journalPath: copy.path + "/journal", journalSize: 1 << 20, database: database, followDelay: .zero)
            #expect(ledger.replayedEntries == (round == 0 ? 1 : 0))
            #expect(ledger.closedReservations >= 1)
            try await LedgerFixture.open(ledger, database)
            #expect(ledger.available(userID: 1, tokenID: 1) == 953)
            #expect(try await database.read { try $0.logQuota(LogFilter()) } == 47)
            database.close()
        }
    }

    @Test("takes a journal cut or damaged at any place up to its last whole record")
    func damagedJournal() async throws {
        let fixture = try await LedgerFixture()
        let database = readFile(fixture.directory.path + "/a.db")
        let wal = readFile(fixture.directory.path + "/a.db-wal")
        for number in 0..<5 {
            try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 10).settle(settlement(10, id: "r\(number)"))
        }
        let journal = readFile(fixture.path)
        let used = (journal.lastIndex { $0 != 0 } ?? 0) % (1 << 19) + 1
        var counts: Set<Int> = []
        for place in stride(from: 24, to: used, by: 37) {
            var damaged = journal
            damaged[place] ^= 0xff
            let copy = TemporaryDirectory()
            try writeFile(copy.path + "/a.db", database)
            try writeFile(copy.path + "/a.db-wal", wal)
            try writeFile(copy.path + "/journal", damaged)
            let store = try SQLiteDatabase(path: copy.path + "/a.db")
            let ledger = try await Ledger(
                journalPath: copy.path + "/journal", journalSize: 1 << 20, database: store, followDelay: .zero)
            #expect(ledger.replayedEntries < 5)
            counts.insert(ledger.replayedEntries)
            #expect(try await store.read { try $0.logQuota(LogFilter()) } == Int64(ledger.replayedEntries) * 10)
            store.close()
        }
        #expect(counts.count > 3)
    }

    @Test("turns to the other segment when one is full, and loses nothing")
    func turns() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 128 << 10)
        for number in 0..<3000 {
            try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 2).settle(settlement(1, id: "r\(number)"))
            if number % 100 == 0 { await fixture.ledger.flush() }
        }
        #expect(try await fixture.stored() == (997_000, 997_000, 3000))
    }

    @Test("refuses a second process on the same journal, and does not read another database's")
    func guardsJournal() async throws {
        let fixture = try await LedgerFixture()
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 10).settle(settlement(10))
        await #expect(throws: JournalError.inUse) {
            _ = try await Ledger(journalPath: fixture.path, journalSize: 1 << 20, database: fixture.database)
        }
        let other = try await LedgerFixture()
        let copy = TemporaryDirectory()
        try writeFile(copy.path + "/journal", readFile(fixture.path))
        let ledger = try await Ledger(
            journalPath: copy.path + "/journal", journalSize: 1 << 20, database: other.database, followDelay: .zero)
        #expect(ledger.replayedEntries == 0)
    }

    @Test("sets balances through the journal")
    func adjusts() async throws {
        let fixture = try await LedgerFixture()
        #expect(fixture.ledger.setBalance(ofUser: 1, to: 5000) == 1000)
        fixture.ledger.setBalance(ofToken: 1, to: 77, isUnlimited: false)
        #expect(try await fixture.stored() == (5000, 77, 0))
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 77)
    }
}
