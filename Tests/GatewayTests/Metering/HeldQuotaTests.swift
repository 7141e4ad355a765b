import Database
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// What is reported about the sum that a lost or damaged journal may have held.
@Suite(.inTurn) struct HeldQuotaTests {
    private static let size = 16 << 10

    private func room(_ fixture: LedgerFixture) -> Int { fixture.ledger.state.withLock { $0.journal.room } }

    /// Charges until the journal has turned to another chunk.
    private func turn(_ fixture: LedgerFixture, flushes: Bool) async throws {
        for _ in 0..<1000 {
            let before = room(fixture)
            try fixture.spend(1)
            if flushes { #expect(await fixture.ledger.flush()) }
            if room(fixture) > before { return }
        }
        Issue.record("the journal stays in one chunk")
    }

    @Test("a reservation does not count as open although the record of its end was overwritten long ago")
    func stale() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: Self.size, journalLimit: 128 << 10)
        let standstill = Standstill(of: fixture.database)
        try await turn(fixture, flushes: false)
        try await turn(fixture, flushes: false)
        // The third chunk is not overwritten while the first two take turns.
        let late = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 77)
        standstill.end()
        try await turn(fixture, flushes: true)
        late.refund()
        for _ in 0..<2 { try await turn(fixture, flushes: true) }
        for _ in 0..<5 { try fixture.spend(1) }
        #expect(await fixture.ledger.flush())
        let again = try await LedgerFixture(try fixture.killed(), journalSize: Self.size)
        #expect(again.ledger.closedReservations == 0 && again.notices.list.isEmpty)

        let second = Standstill(of: fixture.database)
        try fixture.spend(10)
        let place = JournalHead.size + 8192 - room(fixture) - 20
        let damaged = try fixture.killed { $0[place] ^= 1 }
        second.end()
        let notices = try await LedgerFixture(damaged, journalSize: Self.size).notices
        #expect(notices.journal?.problem == .damagedRecords && notices.journal?.quota == 10)
    }

    @Test("the sum held at the last report to the database counts, less what ended since")
    func damagedWhileHeld() async throws {
        let fixture = try await LedgerFixture()
        let first = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 100)
        let second = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 23)
        try fixture.spend(1)
        #expect(await fixture.ledger.flush())
        let standstill = Standstill(of: fixture.database)
        first.refund()
        try fixture.spend(10)
        let used = room(fixture)
        let damaged = try fixture.killed { journal in
            guard let head = JournalHead(journal) else { return }
            journal[JournalHead.size + head.chunkSize - used - 20] ^= 1
        }
        standstill.end()
        let again = try await LedgerFixture(damaged)
        #expect(again.notices.journal?.problem == .damagedRecords && again.notices.journal?.quota == 33)
        #expect(again.ledger.closedReservations == 2)
        second.refund()
    }

    @Test("requests that charge nothing also make the ledger report to the database what is held")
    func withoutCharges() async throws {
        let fixture = try await LedgerFixture(quota: 100_000)
        let held = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 123)
        for _ in 0..<2100 { try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1).refund() }
        // One of the others counts too if the group ends between its two records.
        let sums: Set<Int64> = [123, 124]
        #expect(
            try await becomesTrue {
                sums.contains(try await fixture.database.read { try $0.ledgerStanding() }.held)
            })
        let again = try await LedgerFixture(try fixture.killed { $0 = [] })
        #expect(again.notices.journal?.problem == .missing && sums.contains(again.notices.journal?.quota ?? 0))
        held.refund()
    }

    @Test(
        "the log names the approximate sum, unless nothing can be missing",
        arguments: [
            (JournalNotice.Problem.missing, "quota_that_may_be_missing=about 5 "),
            (.damagedRecords, "quota_that_may_be_missing=about 5 "),
            (.missingAfterCleanEnd, "quota_that_may_be_missing=none "),
        ])
    func words(problem: JournalNotice.Problem, text: String) {
        let directory = TemporaryDirectory()
        let log = Log(directory: directory.path, isOneFile: true, echoes: false)
        LedgerNotice.journal(JournalNotice(problem: problem, quota: 5)).write(to: log)
        log.close()
        #expect(String(decoding: readFile(directory.path + "/oneapi.log"), as: UTF8.self).contains(text))
    }
}
