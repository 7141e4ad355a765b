import Database
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct LedgerAdministrationTests {
    private func row(_ quota: Int64, _ content: String = "top-up") -> LogRecord {
        var log = LogRecord()
        log.userID = 1
        log.type = LogRecord.Kind.topUp.rawValue
        log.quota = quota
        log.content = content
        return log
    }

    private func topUps(_ database: SQLiteDatabase) async throws -> [LogRecord] {
        var filter = LogFilter()
        filter.type = LogRecord.Kind.topUp.rawValue
        let wanted = filter
        return try await database.read { try $0.logs(wanted, page: 0) }
    }

    @Test("balances are set through the journal, and setting the same balance changes nothing")
    func sets() async throws {
        let fixture = try await LedgerFixture()
        #expect(try fixture.ledger.set(balanceOfUser: 1, to: 5000) == 1000)
        try fixture.ledger.setBalance(ofToken: 1, to: 77, isUnlimited: false)
        #expect(try await fixture.stored() == (5000, 77, 0))
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 77)
        #expect(try fixture.ledger.set(balanceOfUser: 1, to: 5000) { _ in row(0) } == 5000)
        #expect(try await topUps(fixture.database).isEmpty)
    }

    @Test("concurrent credits and charges all count")
    func credits() async throws {
        let fixture = try await LedgerFixture(quota: 100_000)
        let ledger = fixture.ledger
        try await withThrowingTaskGroup { group in
            for number in 0..<400 {
                group.addTask {
                    if number % 2 == 0 {
                        try ledger.credit(3, toUser: 1)
                    } else {
                        try ledger.reserve(userID: 1, tokenID: 1, amount: 5).settle(settlement(5))
                    }
                }
            }
            try await group.waitForAll()
        }
        #expect(try await fixture.stored() == (100_000 + 600 - 1000, 99_000, 1000))
    }

    @Test("a credit and its row belong together: a kill keeps both or none, and a replay applies them once")
    func creditSurvives() async throws {
        let fixture = try await LedgerFixture()
        #expect(await fixture.ledger.flush())
        let standstill = Standstill(of: fixture.database)
        try fixture.ledger.credit(500, toUser: 1, log: row(500))
        try fixture.ledger.set(balanceOfUser: 1, to: 2000) { row(Int64($0), "set") }
        try fixture.ledger.credit(30, toUser: 1, log: row(30, String(repeating: "长", count: 300)))
        let copy = try fixture.killed()
        standstill.end()
        for round in 0..<3 {
            let again = try await LedgerFixture(copy)
            #expect(again.ledger.replayedEntries == (round == 0 ? 3 : 0))
            #expect(again.ledger.balance(ofUser: 1) == 2030)
            let rows = try await topUps(again.database)
            #expect(rows.map(\.quota) == [30, 1500, 500] && rows.map(\.userID) == [1, 1, 1])
            #expect(
                rows.map(\.content) == [
                    String(repeating: "长", count: LogRecord.journalLimits.content / 3), "set", "top-up",
                ])
        }
        #expect(try await fixture.stored().user == 2030)
        #expect(
            try await topUps(fixture.database).map(\.content).first
                == String(repeating: "长", count: LogRecord.journalLimits.content / 3))
    }

    @Test("a token's limit and whether it is unlimited survive a kill together")
    func tokenLimitSurvives() async throws {
        let fixture = try await LedgerFixture()
        #expect(await fixture.ledger.flush())
        let standstill = Standstill(of: fixture.database)
        try fixture.ledger.setBalance(ofToken: 1, to: 7, isUnlimited: true)
        let copy = try fixture.killed()
        standstill.end()
        let again = try await LedgerFixture(copy)
        let token = try #require(try await again.database.read { try $0.token(id: 1) })
        #expect(token.remainQuota == 7 && token.isUnlimited)
    }

    @Test("an adjustment is applied once across restarts")
    func once() async throws {
        let fixture = try await LedgerFixture()
        try fixture.ledger.set(balanceOfUser: 1, to: 5000)
        try fixture.ledger.credit(11, toUser: 1)
        #expect(await fixture.ledger.flush())
        let copy = try fixture.killed()
        for _ in 0..<2 {
            let again = try await LedgerFixture(copy)
            #expect(again.ledger.replayedEntries == 0 && again.ledger.balance(ofUser: 1) == 5011)
        }
    }

    @Test("a token's new limit counts what is held, whether it was limited before or not", arguments: [false, true])
    func limitWithHolds(isUnlimited: Bool) async throws {
        let fixture = try await LedgerFixture(isUnlimited: isUnlimited)
        let held = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 600)
        try fixture.ledger.setBalance(ofToken: 1, to: 700, isUnlimited: false)
        #expect(throws: ReservationRefusal.tokenQuota) {
            _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 101).amount
        }
        held.refund()
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 700)
    }

    @Test("a credit that would exceed the limit is refused and changes nothing")
    func tooLarge() async throws {
        let fixture = try await LedgerFixture(quota: 1 << 61)
        #expect(throws: BalanceRefusal.tooLarge) { try fixture.ledger.credit(1, toUser: 1, log: row(1)) }
        #expect(throws: BalanceRefusal.unknownAccount) { try fixture.ledger.credit(1, toUser: 2) }
        #expect(try await fixture.stored().user == 1 << 61)
        #expect(try await topUps(fixture.database).isEmpty)
    }

    @Test("a deleted token is forgotten for good, and its running requests settle against the user")
    func retires() async throws {
        let fixture = try await LedgerFixture()
        let token = try #require(try await fixture.database.read { try $0.token(id: 1) })
        let user = try #require(try await fixture.database.read { try $0.user(id: 1) })
        let late = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 100)
        _ = try await fixture.database.write { try $0.deleteToken(1, userID: 1) }
        fixture.ledger.retire(token: 1)
        // A row that was read before the deletion must not bring it back.
        fixture.ledger.open(user: user, token: token)
        #expect(fixture.ledger.balance(ofToken: 1) == nil)
        #expect(throws: ReservationRefusal.unknownAccount) {
            _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1).amount
        }
        late.settle(settlement(40))
        #expect(try await fixture.stored() == (960, -1, 40))
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == nil)
        #expect(fixture.ledger.availableQuota(ofUser: 1) == 960)
    }
}
