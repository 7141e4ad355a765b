import Database
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Journals that are not the one that the database expects.
@Suite(.inTurn) struct JournalVerdictTests {
    @Test("a missing or empty journal is reported with what it held, unless its run ended", arguments: [true, false])
    func missing(isRemoved: Bool) async throws {
        let fixture = try await LedgerFixture()
        let held = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 123)
        try fixture.spend(1)
        #expect(await fixture.ledger.flush())
        let copy = try fixture.killed { if !isRemoved { $0 = [] } }
        if isRemoved { removeFile(copy.path + "/journal") }
        let again = try await LedgerFixture(copy)
        #expect(again.notices.list == [.journal(JournalNotice(problem: .missing, quota: 123))])
        // The numbers must go on from the database's position, or the next replay would skip these records.
        let standstill = Standstill(of: again.database)
        try again.spend(7)
        let second = try again.killed()
        standstill.end()
        #expect(try await LedgerFixture(second).ledger.replayedEntries == 1)

        held.refund()
        #expect(await fixture.ledger.close())
        let ended = try fixture.killed { $0 = [] }
        let notices = try await LedgerFixture(ended).notices
        #expect(notices.journal?.problem == .missingAfterCleanEnd && notices.journal?.quota == 0)
    }

    @Test("numbers go on from the database's position, even if a full disk prevents the start from being recorded")
    func numbersGoOn() async throws {
        let fixture = try await LedgerFixture()
        for _ in 0..<5 { try fixture.spend(1) }
        #expect(await fixture.ledger.flush())
        let copy = try fixture.killed()
        let store = try SQLiteDatabase(path: copy.path + "/a.db")
        let full = CountingDatabase(store)
        full.refuse(writes: 2...9)
        let ledger = try await Ledger(
            journalPath: copy.path + "/journal", journalSize: 1 << 20, database: full, followDelay: .zero)
        let (user, token) = try await store.read { (try $0.user(id: 1), try $0.token(id: 1)) }
        ledger.open(user: try #require(user), token: token)
        full.allow(0)
        try ledger.reserve(userID: 1, tokenID: 1, amount: 7).settle(settlement(7))
        let second = try LedgerFixture.copied(from: copy.path)
        store.close()
        let again = try await LedgerFixture(second)
        #expect(again.ledger.replayedEntries == 1 && again.ledger.balance(ofUser: 1) == 988)
        #expect(again.notices.list.isEmpty)
    }

    @Test("a new database does not miss a journal")
    func new() async throws {
        #expect(try await LedgerFixture().notices.list.isEmpty)
    }

    @Test("another database's journal is kept and not read")
    func foreign() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let journal = readFile(fixture.path)
        standstill.end()
        let other = try await LedgerFixture()
        let again = try await LedgerFixture(try other.killed { $0 = journal })
        #expect(again.ledger.replayedEntries == 0)
        #expect(again.notices.journal?.problem == .foreign)
        #expect(readFile(try #require(again.notices.journal?.keptAs)) == journal)
    }

    @Test("a journal older than the database is reported")
    func older() async throws {
        let fixture = try await LedgerFixture()
        let old = readFile(fixture.path)
        try fixture.spend(5)
        #expect(await fixture.ledger.flush())
        let again = try await LedgerFixture(try fixture.killed { $0 = old })
        #expect(again.notices.journal?.problem == .older)
        #expect(again.ledger.balance(ofUser: 1) == 995)
    }

    @Test("an impossible stored position neither traps nor applies anything", arguments: [Int64.max, .min, -1])
    func implausible(applied: Int64) async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed()
        standstill.end()
        do {
            let store = try SQLiteDatabase(path: copy.path + "/a.db")
            try await store.write {
                _ = try $0.run(
                    "UPDATE oneapi_ledger SET applied = ?, held = ?, generation = ?",
                    [.int(applied), .int(.min), .int(.max)])
            }
            store.close()
        }
        for round in 0..<2 {
            let again = try await LedgerFixture(copy)
            #expect(again.ledger.replayedEntries == 0)
            if round == 0 { #expect(again.notices.journal?.problem == .implausiblePosition) }
            try again.spend(3)
            #expect(try await again.stored().user == 1000 - Int64(round + 1) * 3)
        }
    }

    @Test("refuses a second process on the same journal")
    func guardsJournal() async throws {
        let fixture = try await LedgerFixture()
        await #expect(throws: JournalError.inUse) {
            _ = try await Ledger(journalPath: fixture.path, journalSize: 1 << 20, database: fixture.database)
        }
        try fixture.spend(1)
        #expect(try await fixture.stored().user == 999)
    }
}
