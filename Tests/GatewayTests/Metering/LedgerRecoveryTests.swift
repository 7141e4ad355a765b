import Database
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct LedgerRecoveryTests {
    @Test("applies once what a killed run had only in the journal, and closes the reservations that it left open")
    func replays() async throws {
        let fixture = try await LedgerFixture()
        try fixture.spend(40, reserving: 100, id: "one")
        _ = try await fixture.stored()
        let open = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 300)
        try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 20).refund()
        let standstill = Standstill(of: fixture.database)
        try fixture.spend(7, reserving: 100, id: "two")
        let copy = try fixture.killed()
        standstill.end()
        open.refund()
        for round in 0..<2 {
            let again = try await LedgerFixture(copy)
            #expect(again.ledger.replayedEntries == (round == 0 ? 1 : 0))
            #expect(again.ledger.closedReservations == (round == 0 ? 1 : 0))
            #expect(again.ledger.available(userID: 1, tokenID: 1) == 953)
            #expect(try await again.read() == (953, 953, 47))
            #expect(again.notices.list.isEmpty)
        }
    }

    @Test("a backlog of more than one group is written group by group, each with its own position")
    func backlog() async throws {
        let counting = Mutex<CountingDatabase?>(nil)
        let fixture = try await LedgerFixture(
            quota: 1_000_000, journalSize: 16 << 20,
            through: { database in
                let made = CountingDatabase(database)
                counting.withLock { $0 = made }
                return made
            })
        let counter = try #require(counting.withLock { $0 })
        counter.allow(1)
        let standstill = Standstill(of: fixture.database)
        for _ in 0..<9000 {
            try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1).settle(
                Settlement(quota: 1, channelID: 1, log: nil, time: 1))
        }
        standstill.end()
        #expect(try await becomesTrue { counter.submissions == 2 })
        #expect(try await fixture.read().user == 1_000_000 - 8192)
        let again = try await LedgerFixture(try fixture.killed())
        #expect(again.ledger.replayedEntries == 9000 - 8192 && again.ledger.balance(ofUser: 1) == 991_000)
        counter.allow(.max)
        #expect(try await fixture.stored().user == 991_000)
    }

    @Test("a damaged byte costs at most the record that holds it, is reported, and the file is kept")
    func damagedRecord() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let journal = readFile(fixture.path)
        let used = journal.lastIndex { $0 != 0 } ?? 0
        var counts: [Int: Int] = [:]
        for place in stride(from: JournalHead.size + 1, through: used, by: 29) {
            let again = try await LedgerFixture(try fixture.killed { $0[place] ^= 0xff }, journalSize: 64 << 10)
            counts[again.ledger.replayedEntries, default: 0] += 1
            #expect(try await again.read().logs == Int64(again.ledger.replayedEntries) * 10)
            // If only the padding between records is hit, nothing is damaged.
            guard let notice = again.notices.journal else { continue }
            #expect(notice.problem == .damagedRecords && notice.lostRecords >= 1)
            let kept = try #require(notice.keptAs)
            #expect(readFile(kept).count == journal.count)
            if again.ledger.replayedEntries == 4 { #expect((0...20).contains(notice.quota)) }
        }
        standstill.end()
        #expect(Set(counts.keys) == [4, 5])
    }

    @Test("a page of zeros in the middle costs its own records, and none after it")
    func zeroedPage() async throws {
        let fixture = try await LedgerFixture(quota: 100_000, journalSize: 256 << 10)
        let standstill = Standstill(of: fixture.database)
        for number in 0..<100 { try fixture.spend(10, id: "r\(number)") }
        let copy = try fixture.killed { $0.replaceSubrange(8192..<12288, with: repeatElement(0, count: 4096)) }
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect((70..<100).contains(again.ledger.replayedEntries))
        let lost = Int64(100 - again.ledger.replayedEntries)
        let notice = try #require(again.notices.journal)
        #expect(notice.problem == .damagedRecords && notice.lostRecords >= lost * 2 - 2)
    }

    @Test("damage to the last record is noticed", arguments: [24, 70])
    func damagedEnd(back: Int) async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed { journal in
            if let used = journal.lastIndex(where: { $0 != 0 }) { journal[used - back] ^= 1 }
        }
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect(again.ledger.replayedEntries == 4)
        #expect(again.notices.journal?.problem == .damagedRecords && again.notices.journal?.quota == 10)
    }

    @Test("damage to the only record is noticed")
    func damagedOnly() async throws {
        let fixture = try await LedgerFixture()
        let standstill = Standstill(of: fixture.database)
        try fixture.ledger.credit(5, toUser: 1)
        let copy = try fixture.killed { $0[JournalHead.size] ^= 1 }
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect(again.ledger.replayedEntries == 0)
        #expect(again.notices.journal?.problem == .damagedRecords && again.notices.journal?.keptAs != nil)
    }

    @Test("a changed journal size after a kill loses nothing", arguments: [16 << 10, 64 << 10, 1 << 20])
    func changedSize(size: Int) async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed()
        standstill.end()
        let again = try await LedgerFixture(copy, journalSize: size)
        #expect(again.ledger.replayedEntries == 5 && again.notices.list.isEmpty)
        try again.spend(1)
        let used = JournalHead(readFile(again.path))
        #expect(used?.chunkSize == max(8192, (size - 4096) / 2 & ~4095))
    }

    @Test("a damaged head loses nothing and is reported")
    func damagedHead() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        for place in [0, 9, 17, 25, 41] {
            let again = try await LedgerFixture(try fixture.killed { $0[place] ^= 0x10 })
            #expect(again.ledger.replayedEntries == 5)
            #expect(again.notices.journal?.problem == .damagedHead && again.notices.journal?.keptAs != nil)
        }
        standstill.end()
    }

    @Test("a journal of arbitrary bytes does not trap", arguments: 0..<40)
    func hostileFile(seed: UInt64) async throws {
        var state = seed &* 0x9e37_79b9_7f4a_7c15 | 1
        func random() -> UInt64 {
            state ^= state << 13
            state ^= state >> 7
            state ^= state << 17
            return state
        }
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed { journal in
            switch seed % 4 {
            case 0: journal = (0..<Int(random() % 20_000)).map { _ in UInt8(truncatingIfNeeded: random()) }
            case 1: journal.removeLast(Int(random() % UInt64(journal.count)))
            case 2: for _ in 0..<200 { journal[Int(random() % 8192)] = UInt8(truncatingIfNeeded: random()) }
            default:
                // A head with a valid checksum and arbitrary values.
                let values = [Int64.max, .min, 0, -1, 8, 64, 1 << 40, 4096]
                let pick = { values[Int(random() % 8)] }
                let head = JournalHead(
                    chunkSize: Int(pick()), identity: 0, generation: pick(), base: pick())
                journal.withUnsafeMutableBytes { if let base = $0.baseAddress { head.write(to: base) } }
            }
        }
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect(again.ledger.replayedEntries <= 5)
        #expect(again.notices.journal != nil || again.ledger.replayedEntries == 5)
    }
}
