import Database
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// What is written to the rows, when, and how it agrees with memory.
@Suite(.inTurn) struct LedgerRowsTests {
    @Test("a settlement counts once for its user, its token and its channel, and the last use is the latest")
    func counts() async throws {
        let fixture = try await LedgerFixture { connection in
            var channel = ChannelRecord()
            channel.name = "c"
            _ = try connection.insert(channel)
        }
        let standstill = Standstill(of: fixture.database)
        for (quota, time) in [(10, 7), (5, 9), (2, 8)] as [(Int64, Int64)] {
            try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 50).settle(
                Settlement(quota: quota, channelID: 1, log: nil, time: time))
        }
        standstill.end()
        #expect(await fixture.ledger.flush())
        let (user, token, channel) = try await fixture.database.read {
            (try $0.user(id: 1), try $0.token(id: 1), try $0.channel(id: 1))
        }
        #expect(user?.quota == 983 && user?.usedQuota == 17 && user?.requestCount == 3)
        #expect(token?.remainQuota == 983 && token?.usedQuota == 17 && token?.accessedTime == 9)
        #expect(channel?.usedQuota == 17)
        #expect(fixture.ledger.balance(ofUser: 1) == 983 && fixture.ledger.balance(ofToken: 1) == 983)
    }

    @Test("the ledger writes to the database on its own, again and again, though nobody waits for it")
    func followsUnasked() async throws {
        let fixture = try await LedgerFixture()
        for number in 1...3 {
            try fixture.spend(10)
            let wanted = 1000 - Int64(number) * 10
            #expect(try await becomesTrue(seconds: 10) { try await fixture.read().user == wanted }, "charge \(number)")
        }
    }

    @Test("however many callers wait at once, pending charges are applied once")
    func appliedOnce() async throws {
        let fixture = try await LedgerFixture()
        let standstill = Standstill(of: fixture.database)
        for number in 0..<20 {
            try fixture.spend(10, id: "r\(number)")
            _ = await fixture.ledger.flush(within: .zero)
        }
        standstill.end()
        #expect(try await fixture.stored() == (800, 800, 200))
        try fixture.spend(1)
        #expect(try await fixture.stored() == (799, 799, 201))
    }

    @Test("a row is cut to the same length whether it comes from memory or from the journal", arguments: [true, false])
    func cutRow(isKilled: Bool) async throws {
        let fixture = try await LedgerFixture()
        #expect(await fixture.ledger.flush())
        let standstill = Standstill(of: fixture.database)
        var log = LogRecord()
        (log.type, log.userID, log.quota) = (LogRecord.Kind.consume.rawValue, 1, 3)
        log.content = String(repeating: "长", count: 400)
        log.modelName = String(repeating: "m", count: 400)
        let charge = Settlement(quota: 3, channelID: 1, log: log, time: 1)
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 3).settle(charge)
        let copy = try fixture.killed()
        standstill.end()
        let reader = isKilled ? try await LedgerFixture(copy) : fixture
        #expect(await reader.ledger.flush())
        let rows = try await reader.database.read { try $0.logs(LogFilter(), page: 0) }
        let limits = LogRecord.journalLimits
        #expect(rows.map(\.content) == [String(repeating: "长", count: limits.content / 3)])
        #expect(rows.map(\.modelName) == [String(repeating: "m", count: limits.modelName)])
    }

    @Test("a negative reservation holds nothing and adds nothing", arguments: [-1, -500, Int64.min])
    func negative(amount: Int64) async throws {
        let fixture = try await LedgerFixture()
        let reservation = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: amount)
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 1000)
        #expect(throws: ReservationRefusal.self) {
            _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1001).amount
        }
        reservation.settle(settlement(4))
        #expect(try await fixture.stored() == (996, 996, 4))
    }

    @Test("rows that are read again do not replace the balances in memory")
    func opensOnce() async throws {
        let fixture = try await LedgerFixture()
        let (user, token) = try await fixture.database.read { (try $0.user(id: 1), try $0.token(id: 1)) }
        let standstill = Standstill(of: fixture.database)
        try fixture.spend(100)
        let held = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 300)
        fixture.ledger.open(user: try #require(user), token: nil)
        #expect(fixture.ledger.availableQuota(ofUser: 1) == 600)
        fixture.ledger.open(user: try #require(user), token: token)
        #expect(fixture.ledger.balance(ofToken: 1) == 900)
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 600)
        held.refund()
        standstill.end()
        #expect(try await fixture.stored() == (900, 900, 100))
    }
}
