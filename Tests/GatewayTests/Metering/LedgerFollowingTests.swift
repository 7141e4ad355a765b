import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Database
@testable import Gateway

@Suite(.inTurn) struct LedgerFollowingTests {
    @Test("a full disk refuses requests; once there is room again, requests go on and nothing is lost")
    func roomAgain() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, maxPages: 70)
        var settled: Int64 = 0
        let isFull = try await becomesTrue {
            for _ in 0..<20 {
                guard let one = try? fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 2) else { return true }
                one.settle(settlement(1))
                settled += 1
            }
            return false
        }
        #expect(isFull)
        let isLate = await fixture.ledger.flush(within: .seconds(2))
        #expect(!isLate)
        #expect(fixture.notices.list.count == 1)
        guard case .databaseRefuses(let reason, let waiting) = fixture.notices.list.first else {
            Issue.record("unexpected: \(fixture.notices.list)")
            return
        }
        #expect(reason == "full" && waiting > 0)
        try await fixture.database.write { try $0.execute("PRAGMA max_page_count=1000000") }
        #expect(try await becomesTrue { (try? fixture.spend(1)) != nil })
        settled += 1
        #expect(try await fixture.stored() == (1_000_000 - settled, 1_000_000 - settled, settled))
        #expect(fixture.notices.list.dropFirst() == [.databaseFollows])
    }

    @Test(
        "flushing gives up while another program locks the database, which is logged once; the charges follow later",
        .timeLimit(.minutes(10)))
    func foreignLock() async throws {
        let fixture = try await LedgerFixture()
        let other = try Connection(path: fixture.directory.path + "/a.db", busyTimeout: 1000, isReadOnly: false)
        try other.execute("BEGIN IMMEDIATE")
        try fixture.spend(10)
        let outcomes = [await fixture.ledger.flush(), await fixture.ledger.close(within: .milliseconds(500))]
        #expect(outcomes == [false, false])
        #expect(fixture.notices.list.count == 2)
        #expect(fixture.notices.list.last == .endedBehind(waiting: 1, reason: "busy"))
        // Requests are still accepted, since the journal has room.
        try fixture.spend(5)
        #expect(try await fixture.read() == (1000, 1000, 0))
        try other.execute("ROLLBACK")
        #expect(try await becomesTrue { await fixture.ledger.flush() })
        #expect(try await fixture.read() == (985, 985, 15))
        #expect(fixture.notices.list.last == .databaseFollows)
    }

    @Test("however many callers ask while the database refuses, it is tried once a second, and never after its end")
    func retries() async throws {
        let counting = Mutex<CountingDatabase?>(nil)
        let fixture = try await LedgerFixture(
            seed: { connection in
                try connection.execute(
                    "CREATE TRIGGER bad BEFORE UPDATE ON oneapi_ledger BEGIN SELECT RAISE(ABORT, 'no'); END")
                try connection.execute("DELETE FROM oneapi_ledger")
            },
            through: { database in
                let made = CountingDatabase(database)
                counting.withLock { $0 = made }
                return made
            })
        try fixture.spend(10)
        for _ in 0..<30 { _ = await fixture.ledger.flush() }
        let counter = try #require(counting.withLock { $0 })
        let attempts = counter.submissions
        #expect(attempts >= 30)
        try await Task.sleep(for: .milliseconds(2500))
        #expect((1...3).contains(counter.submissions - attempts))
        fixture.database.close()
        #expect(await fixture.ledger.flush() == false)
        #expect(fixture.notices.list.count == 1)
    }

    @Test("waiting ends even if the database does not answer at all")
    func silence() async throws {
        let fixture = try await LedgerFixture()
        let standstill = Standstill(of: fixture.database)
        try fixture.spend(10)
        #expect(await fixture.ledger.flush(within: .milliseconds(100)) == false)
        standstill.end()
        #expect(try await fixture.stored().user == 990)
    }

    @Test("the timer of a wait is cancelled when the wait is over")
    func limitEnds() async throws {
        let fixture = try await LedgerFixture()
        let standstill = Standstill(of: fixture.database)
        try fixture.spend(10)
        let isCancelled = Mutex(false)
        let ledger = fixture.ledger
        async let isWhole = ledger.flush {
            do { try await Task.sleep(for: .seconds(300)) } catch {
                isCancelled.withLock { $0 = true }
                throw error
            }
        }
        #expect(try await becomesTrue { ledger.state.withLock { $0.waiters.first?.timer != nil } })
        standstill.end()
        #expect(await isWhole)
        #expect(try await becomesTrue { isCancelled.withLock { $0 } })
        // A timer that fires at once finds its waiter.
        let second = Standstill(of: fixture.database)
        try fixture.spend(10)
        #expect(await ledger.flush {} == false)
        second.end()
    }

    @Test("a row that the database refuses delays nobody else's charges, and is kept where a person sees it")
    func badRow() async throws {
        let fixture = try await LedgerFixture { connection in
            try connection.execute(
                """
                CREATE TRIGGER bad BEFORE INSERT ON logs WHEN NEW.request_id = 'bad'
                BEGIN SELECT RAISE(ABORT, 'not this one'); END
                """)
        }
        let standstill = Standstill(of: fixture.database)
        for id in ["a", "bad", "b"] { try fixture.spend(10, id: id) }
        standstill.end()
        #expect(try await fixture.stored() == (970, 970, 20))
        let kept = try await fixture.database.read {
            try $0.rows("SELECT kind, account, quota, reason, detail FROM oneapi_unapplied", []) {
                [$0.text(0), String($0.int(1)), String($0.int(2)), $0.text(3), $0.text(4)]
            }
        }
        #expect(kept.count == 1 && kept.first?.prefix(3) == ["log", "1", "10"])
        #expect(kept.first?[3].contains("not this one") == true && kept.first?[4].contains("request bad") == true)
        #expect(fixture.notices.list.count == 1)
        try fixture.spend(1)
        #expect(try await fixture.stored() == (969, 969, 21))
    }

    @Test("a balance whose row refuses it is kept too, and other accounts' changes go through")
    func badBalance() async throws {
        let fixture = try await LedgerFixture { connection in
            try connection.execute(
                """
                CREATE TRIGGER bad BEFORE UPDATE OF quota ON users BEGIN SELECT RAISE(ABORT, 'frozen'); END
                """)
        }
        try fixture.spend(10)
        #expect(try await fixture.stored() == (1000, 990, 10))
        guard case .rowRefused(let refusal) = fixture.notices.list.first else {
            Issue.record("nothing was told")
            return
        }
        #expect(refusal.kind == "user" && refusal.account == 1)
        let kept = try await fixture.database.read {
            try $0.first("SELECT quota, used_quota, request_count FROM oneapi_unapplied") {
                [$0.int(0), $0.int(1), $0.int(2)]
            }
        }
        #expect(kept == [-10, 10, 1])
    }

    @Test("a group that fails is kept, and is applied once when that is possible")
    func failedGroup() async throws {
        let fixture = try await LedgerFixture { connection in
            try connection.execute(
                "CREATE TRIGGER bad BEFORE UPDATE ON oneapi_ledger BEGIN SELECT RAISE(ABORT, 'no'); END")
            // As at the start, when the ledger writes its first position.
            try connection.execute("DELETE FROM oneapi_ledger")
        }
        try fixture.spend(10)
        #expect(await fixture.ledger.flush() == false)
        #expect(await fixture.ledger.flush() == false)
        #expect(fixture.notices.list.count == 1)
        #expect(try await fixture.read() == (1000, 1000, 0))
        try await fixture.database.write { try $0.execute("DROP TRIGGER bad") }
        try fixture.spend(5)
        #expect(try await becomesTrue { await fixture.ledger.flush() })
        #expect(try await fixture.read() == (985, 985, 15))
    }

    @Test("a clean end is recorded, and the next start has nothing to do")
    func close() async throws {
        let fixture = try await LedgerFixture()
        let held = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 5)
        try fixture.spend(10)
        #expect(await fixture.ledger.close())
        // The running request may still be charged.
        #expect(try await fixture.database.write { try $0.ledgerStanding() }.state == .open)
        held.refund()
        #expect(await fixture.ledger.close())
        let standing = try await fixture.database.write { try $0.ledgerStanding() }
        #expect(standing.state == .closed && standing.position.sequence == 4)
        let again = try await LedgerFixture(try fixture.killed())
        #expect(again.ledger.replayedEntries == 0 && again.notices.list.isEmpty)
        #expect(try await again.database.write { try $0.ledgerStanding() }.state == .open)
    }
}
