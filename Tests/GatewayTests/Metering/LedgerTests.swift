import Database
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct LedgerTests {
    @Test("reserves quota, charges the exact sum and returns the rest")
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

    @Test("returns the whole reservation if it is dropped without being settled")
    func refunds() async throws {
        let fixture = try await LedgerFixture()
        do { _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 600).amount }
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 700).refund()
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == 1000)
        #expect(try await fixture.stored() == (1000, 1000, 0))
    }

    @Test("a user without quota is refused, whatever the token's balance", arguments: [false, true])
    func userQuota(isUnlimited: Bool) async throws {
        let fixture = try await LedgerFixture(quota: 10, isUnlimited: isUnlimited)
        try fixture.ledger.setBalance(ofToken: 1, to: 1000, isUnlimited: isUnlimited)
        #expect(throws: ReservationRefusal.userQuota) {
            _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 11).amount
        }
    }

    @Test("an unlimited token counts its use, and its limit stays the same")
    func unlimited() async throws {
        let fixture = try await LedgerFixture(isUnlimited: true)
        try fixture.spend(30)
        try fixture.spend(12)
        #expect(try await fixture.stored() == (958, 1000, 42))
        #expect(try await fixture.database.read { try $0.token(id: 1)?.usedQuota } == 42)
        #expect(fixture.ledger.used(byToken: 1) == 42 && fixture.ledger.used(byUser: 1) == 42)
    }

    @Test("a sum beyond the integer range ends neither the process nor the next start")
    func absurdCharges() async throws {
        let fixture = try await LedgerFixture()
        for _ in 0..<5 {
            try fixture.spend(.max / 2, reserving: 1)
            // An administrator corrects the balance.
            try fixture.ledger.set(balanceOfUser: 1, to: 1000)
            try fixture.ledger.setBalance(ofToken: 1, to: 1000, isUnlimited: false)
        }
        try fixture.spend(.max, reserving: 1)
        #expect(fixture.ledger.balance(ofUser: 1) == 1000 - Int64.max)
        #expect(await fixture.ledger.flush())
        let user = try #require(try await fixture.database.read { try $0.user(id: 1) })
        #expect(user.quota == 1000 - Int64.max && user.usedQuota == .max)
        #expect(try await fixture.database.read { try $0.logQuota(LogFilter()) } == .max)
        let copy = try fixture.killed()
        #expect(try await LedgerFixture(copy).ledger.balance(ofUser: 1) == 1000 - Int64.max)
    }

    @Test("extreme balances that one-api left do not trap", arguments: [Int64.max, .min, 0])
    func absurdRows(quota: Int64) async throws {
        let fixture = try await LedgerFixture(quota: quota)
        for amount in [Int64.max, 1, 0, -1, .min] {
            guard let one = try? fixture.ledger.reserve(userID: 1, tokenID: 1, amount: amount) else { continue }
            if let two = try? fixture.ledger.reserve(userID: 1, tokenID: 1, amount: amount) { two.refund() }
            one.refund()
        }
        #expect(fixture.ledger.balance(ofUser: 1) == quota)
        #expect(fixture.ledger.available(userID: 1, tokenID: 1) == quota)
    }

    @Test("concurrent requests never spend more than the balance")
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

    @Test("a user cannot have more requests in flight than the limit, and other users are not affected")
    func inFlight() async throws {
        let fixture = try await LedgerFixture { connection in
            var other = UserRecord()
            (other.username, other.accessToken, other.affCode, other.quota) = ("v", "b", "b", 1000)
            try connection.insert(other)
        }
        let other = try #require(try await fixture.database.read { try $0.user(id: 2) })
        fixture.ledger.open(user: other, token: nil)
        let first = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1, limit: 2)
        let second = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1, limit: 2)
        #expect(throws: ReservationRefusal.tooManyInFlight) {
            _ = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1, limit: 2).amount
        }
        try fixture.ledger.reserve(userID: 2, tokenID: 1, amount: 1, limit: 2).refund()
        first.settle(settlement(1))
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1, limit: 2).refund()
        second.refund()
    }

    @Test("ten thousand requests at once fit in the default journal, and settle with the longest rows")
    func manyAtOnce() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 32 << 20)
        let limit = OptionsSnapshot.defaultRequestsInFlight
        #expect(limit >= 10_000)
        var log = LogRecord()
        log.type = 2
        log.quota = 1
        (log.content, log.modelName) = (String(repeating: "倍", count: 500), String(repeating: "m", count: 500))
        (log.username, log.tokenName) = (String(repeating: "u", count: 500), String(repeating: "t", count: 500))
        let longest = Settlement(quota: 1, channelID: 1, log: log, time: 1)
        let held = try (0..<10_000).map { _ in
            HeldReservation(try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1, limit: limit))
        }
        for one in held { one.settle(longest) }
        #expect(fixture.ledger.balance(ofUser: 1) == 990_000)
        #expect(try await fixture.stored() == (990_000, 990_000, 10_000))
        let row = try await fixture.database.read { try $0.logs(LogFilter(), page: 0).first }
        #expect(row?.content == String(repeating: "倍", count: LogRecord.journalLimits.content / 3))
    }
}

/// Records that charge nothing, and reservations that change.
@Suite struct LedgerHoldTests {
    @Test("requests that all fail do not fill the journal, since the database is also told of their records")
    func refundsOnly() async throws {
        let fixture = try await LedgerFixture(journalSize: 64 << 10)
        for _ in 0..<30_000 {
            do throws(ReservationRefusal) {
                try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1).refund()
            } catch { await Task.yield() }
        }
        #expect(try await becomesTrue { (try? fixture.spend(1)) != nil })
        #expect(try await fixture.stored().user == 999)
    }

    @Test("a reservation grows only if token and user can pay, and otherwise stays as it was")
    func changes() async throws {
        let fixture = try await LedgerFixture(quota: 1000)
        var reservation = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 100)
        try reservation.change(to: 700)
        #expect(fixture.ledger.availableQuota(ofUser: 1) == 300)
        var refusal: ReservationRefusal?
        do throws(ReservationRefusal) { try reservation.change(to: 1001) } catch { refusal = error }
        #expect(refusal == .userQuota || refusal == .tokenQuota)
        #expect(reservation.amount == 700 && fixture.ledger.availableQuota(ofUser: 1) == 300)
        reservation.refund()
        #expect(fixture.ledger.availableQuota(ofUser: 1) == 1000)
    }

    @Test("a ledger that has gone on is not recorded as ended")
    func closesOnlyItsOwn() async throws {
        let fixture = try await LedgerFixture()
        try fixture.spend(10)
        _ = await fixture.ledger.flush()
        let position = try await fixture.database.read { try $0.ledgerStanding() }.position
        let earlier = LedgerPosition(generation: position.generation, sequence: position.sequence - 1)
        try await fixture.database.write { try $0.closeLedger(at: earlier) }
        #expect(try await fixture.database.read { try $0.ledgerStanding() }.position == position)
        #expect(try await fixture.database.write { try $0.ledgerStanding() }.state == .open)
    }

    @Test("a token that was made unlimited does not count as spent, whatever its row still says")
    func unlimitedAtOnce() async throws {
        let fixture = try await LedgerFixture()
        try fixture.ledger.setBalance(ofToken: 1, to: 0, isUnlimited: false)
        #expect(fixture.ledger.isSpent(token: 1) == true)
        try fixture.ledger.setBalance(ofToken: 1, to: 0, isUnlimited: true)
        #expect(fixture.ledger.isSpent(token: 1) == false)
        #expect(fixture.ledger.isSpent(token: 99) == nil)
    }
}
