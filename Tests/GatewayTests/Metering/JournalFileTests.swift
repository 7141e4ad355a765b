import Database
import Glibc
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Journals with records that a run of this version would not leave, or that an earlier run left.
@Suite(.inTurn) struct JournalFileTests {
    @Test("a record that is in the file twice is applied once")
    func twice() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed { journal in
            guard let head = JournalHead(journal) else { return }
            let first = JournalHead.size..<(JournalHead.size + head.chunkSize)
            journal.replaceSubrange((first.upperBound)..<(first.upperBound + first.count), with: journal[first])
        }
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect(again.ledger.replayedEntries == 5)
        #expect(try await again.read() == (950, 950, 50))
    }

    @Test("records are applied in the order of their numbers, wherever they are in the file")
    func order() async throws {
        let fixture = try await LedgerFixture()
        let standstill = Standstill(of: fixture.database)
        try fixture.ledger.set(balanceOfUser: 1, to: 300)
        try fixture.ledger.credit(40, toUser: 1)
        let copy = try fixture.killed { journal in
            // Moves the oldest record behind the newer ones.
            guard let head = JournalHead(journal) else { return }
            let start = JournalHead.size
            let end = start + JournalRecord.size(payload: 3 * 8)
            let oldest = Array(journal[start..<end])
            let rest = Array(journal[end..<(start + head.chunkSize)])
            journal.replaceSubrange(start..<(start + head.chunkSize), with: rest + oldest)
        }
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect(again.ledger.balance(ofUser: 1) == 340)
    }

    @Test("each start numbers its file, so that an earlier run's file is recognised although its records would fit")
    func earlierFile() async throws {
        let first = try await LedgerFixture()
        try first.spend(10)
        #expect(await first.ledger.flush())
        let old = readFile(first.path)
        let second = try await LedgerFixture(try first.killed())
        let numbers = [old, readFile(second.path)].map { JournalHead($0)?.generation ?? -1 }
        #expect(numbers.last == (numbers.first ?? 0) + 1)
        let third = try await LedgerFixture(try second.killed { $0 = old })
        #expect(third.notices.journal?.problem == .older && third.notices.journal?.keptAs != nil)
        #expect(third.ledger.balance(ofUser: 1) == 990)
    }

    @Test("another database's records are refused, even if the head that names the database is damaged")
    func foreignRecords() async throws {
        let (other, standstill) = try await LedgerFixture.withFiveCharges()
        let journal = readFile(other.path)
        standstill.end()
        let fixture = try await LedgerFixture()
        let again = try await LedgerFixture(
            try fixture.killed {
                $0 = journal
                $0[0] ^= 0xff
            })
        #expect(again.ledger.replayedEntries == 0)
        #expect(again.notices.journal?.problem == .damagedHead)
        #expect(try await again.read() == (1000, 1000, 0))
    }

    @Test("a journal that others could read is made private, also where it is kept aside")
    func keptMode() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed { $0[0] ^= 0xff }
        standstill.end()
        #expect(chmod(copy.path + "/journal", 0o644) == 0)
        let kept = try #require(try await LedgerFixture(copy).notices.journal?.keptAs)
        var facts = stat()
        #expect(stat(kept, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    }

    @Test(
        "the promised room is there, whatever is wasted at the ends of chunks", arguments: [100, 3000, 6128, 9000])
    func promisedRoom(payload: Int) throws {
        let largest = JournalRecord.size(payload: payload)
        let bytes = [UInt8](repeating: 7, count: payload)
        let directory = TemporaryDirectory()
        for count in 1...60 {
            var journal = try Journal(
                path: directory.path + "/journal", size: 32 << 10, limit: 80 << 10, identity: 1, generation: 1, base: 0)
            guard journal.hasRoom(for: count * largest, largest: largest, applied: 0) else { break }
            for number in 1...count {
                let isWritten = bytes.withUnsafeBytes { journal.append(kind: 1, payload: $0, applied: 0) }
                #expect(isWritten, "record \(number) of \(count)")
            }
        }
    }
}
