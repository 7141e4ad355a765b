import Database
import Glibc
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct JournalTests {
    @Test("turns from chunk to chunk and loses nothing")
    func turns() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 64 << 10)
        for number in 0..<3000 {
            try fixture.spend(1, reserving: 2, id: "r\(number)")
            if number % 100 == 0 { #expect(await fixture.ledger.flush()) }
        }
        #expect(try await fixture.stored() == (997_000, 997_000, 3000))
        #expect(readFile(fixture.path).count <= 512 << 10)
    }

    @Test("a charge after the journal turned survives a kill, whatever older records follow it in the file")
    func killedAfterTurn() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 32 << 10)
        for number in 0..<600 {
            try fixture.spend(1, reserving: 2, id: "r\(number)")
            if number % 20 == 0 { #expect(await fixture.ledger.flush()) }
        }
        #expect(await fixture.ledger.flush())
        let standstill = Standstill(of: fixture.database)
        for number in 0..<20 {
            try fixture.spend(7, reserving: 10)
            let again = try await LedgerFixture(try fixture.killed())
            #expect(again.ledger.replayedEntries == number + 1)
            #expect(again.ledger.balance(ofUser: 1) == 999_400 - Int64(number + 1) * 7)
            #expect(again.notices.list.isEmpty)
        }
        standstill.end()
    }

    @Test("while the database is stuck, the journal grows to its limit, then refuses requests, and loses nothing")
    func standstill() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 32 << 10, journalLimit: 128 << 10)
        let standstill = Standstill(of: fixture.database)
        var settled: Int64 = 0
        var refusal: ReservationRefusal?
        while refusal == nil, settled < 5000 {
            do throws(ReservationRefusal) {
                let reservation = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 2)
                reservation.settle(settlement(1))
                settled += 1
            } catch { refusal = error }
        }
        #expect(refusal == .storage)
        #expect(throws: BalanceRefusal.storage) { try fixture.ledger.credit(1, toUser: 1) }
        #expect(fixture.notices.list.count == 1 && settled > 200)
        #expect(fixture.notices.list.first == .journalFull(reason: "\(JournalError.diskFull)"))
        let copy = try fixture.killed()
        standstill.end()
        let again = try await LedgerFixture(copy)
        #expect(Int64(again.ledger.replayedEntries) == settled)
        #expect(try await again.read() == (1_000_000 - settled, 1_000_000 - settled, settled))
        // The database catches up, and there is room again.
        #expect(await fixture.ledger.flush())
        try fixture.spend(1)
        #expect(try await fixture.stored().user == 1_000_000 - settled - 1)
    }

    @Test("the journal reserves room for every running request, so that each can settle when no new one is accepted")
    func settlesAll() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 32 << 10, journalLimit: 64 << 10)
        let standstill = Standstill(of: fixture.database)
        var log = LogRecord()
        log.quota = 1
        log.type = 2
        log.content = String(repeating: "x", count: LogRecord.journalLimits.content)
        (log.modelName, log.tokenName) = (String(repeating: "x", count: 256), String(repeating: "x", count: 160))
        var held: [HeldReservation] = []
        while held.count < 5000, let one = try? fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 1) {
            held.append(HeldReservation(one))
        }
        #expect(held.count > 20 && held.count < 60)
        for one in held { one.settle(Settlement(quota: 1, channelID: 1, log: log, time: 1)) }
        let copy = try fixture.killed()
        standstill.end()
        #expect(try await LedgerFixture(copy).ledger.replayedEntries == held.count)
        #expect(try await fixture.stored().logs == Int64(held.count))
    }

    @Test("if the disk is full, the journal does not grow, and tries again once the database has caught up")
    func cannotGrow() async throws {
        let isFull = Mutex(false)
        let calls = Mutex(0)
        var system = JournalSystem()
        let isNowFull = { @Sendable in isFull.withLock { $0 } }
        let count = { @Sendable in calls.withLock { $0 += 1 } }
        system.allocate = { descriptor, offset, length in
            count()
            return isNowFull() ? ENOSPC : posix_fallocate(descriptor, off_t(offset), off_t(length))
        }
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 32 << 10, system: system)
        isFull.withLock { $0 = true }
        let standstill = Standstill(of: fixture.database)
        var (taken, refused) = (0, 0)
        for _ in 0..<2000 where refused < 50 {
            if (try? fixture.spend(1)) != nil { taken += 1 } else { refused += 1 }
        }
        #expect(refused == 50)
        #expect(calls.withLock { $0 } == 2)
        isFull.withLock { $0 = false }
        standstill.end()
        #expect(try await becomesTrue { (try? fixture.spend(1)) != nil })
        // The journal can grow now, and so accepts more than before.
        #expect(await fixture.ledger.flush())
        let again = Standstill(of: fixture.database)
        var more = 0
        while more < taken * 2, (try? fixture.spend(1)) != nil { more += 1 }
        again.end()
        #expect(more == taken * 2 && calls.withLock { $0 } > 2)
    }

    @Test(
        "an allocation or a mapping that fails is an error at the start and leaves the old file as it was",
        arguments: [(ENOSPC, JournalError.diskFull), (EIO, JournalError(EIO)), (0, JournalError(ENOMEM))]
            as [(Int32, JournalError)])
    func startFails(number: Int32, error: JournalError) async throws {
        let fixture = try await LedgerFixture()
        let standstill = Standstill(of: fixture.database)
        try fixture.spend(5)
        let copy = try fixture.killed()
        standstill.end()
        let store = try SQLiteDatabase(path: copy.path + "/a.db")
        var system = JournalSystem()
        if number != 0 { system.allocate = { _, _, _ in number } }
        system.map = { _, _ in
            errno = ENOMEM
            return nil
        }
        await #expect(throws: error) {
            _ = try await Ledger(
                journalPath: copy.path + "/journal", journalSize: 1 << 20, journalLimit: 8 << 20, database: store,
                followDelay: .zero, system: system)
        }
        store.close()
        #expect(access(copy.path + "/journal.new", F_OK) != 0)
        let again = try await LedgerFixture(copy)
        #expect(again.ledger.balance(ofUser: 1) == 995)
    }

    @Test("a file that an earlier start kept is not emptied, however full the disk is")
    func keptOnFullDisk() async throws {
        let copy = try await LedgerFixture().killed()
        let path = copy.path + "/journal"
        let bytes = readFile(path)
        #expect(link(path, path + ".kept-1") == 0)
        var system = JournalSystem()
        system.allocate = { _, _, _ in ENOSPC }
        let store = try SQLiteDatabase(path: copy.path + "/a.db")
        var refusal: (any Error)?
        do {
            _ = try await Ledger(
                journalPath: path, journalSize: 1 << 20, journalLimit: 8 << 20, database: store, followDelay: .zero,
                system: system)
        } catch { refusal = error }
        #expect(refusal as? JournalError == .diskFull)
        // Compares here, since a failed expectation on the arrays would search for their difference byte by byte.
        let isUntouched = readFile(path + ".kept-1") == bytes
        #expect(isUntouched)
        store.close()
    }

    @Test("if the disk is full at the start, the old file's space is used")
    func startOnFullDisk() async throws {
        let copy = try await LedgerFixture().killed()
        let calls = Mutex(0)
        let next = { @Sendable in
            calls.withLock { calls -> Int in
                calls += 1
                return calls
            }
        }
        var system = JournalSystem()
        // The old file's size when the disk is tried again.
        let left = Mutex(off_t(-1))
        let path = copy.path + "/journal"
        let look = { @Sendable in
            var facts = stat()
            if stat(path, &facts) == 0 { left.withLock { $0 = facts.st_size } }
        }
        system.allocate = {
            if next() == 1 { return ENOSPC }
            look()
            return posix_fallocate($0, off_t($1), off_t($2))
        }
        let store = try SQLiteDatabase(path: copy.path + "/a.db")
        let ledger = try await Ledger(
            journalPath: copy.path + "/journal", journalSize: 1 << 20, journalLimit: 8 << 20, database: store,
            followDelay: .zero, system: system)
        #expect(ledger.replayedEntries == 0 && calls.withLock { $0 } == 2)
        #expect(left.withLock { $0 } == 0)
        store.close()
    }

    @Test("the journal is beside the real file, and one that was beside a link is moved there")
    func besideRealFile() throws {
        let directory = TemporaryDirectory()
        try writeFile(directory.path + "/a.db", [])
        #expect(symlink("a.db", directory.path + "/link.db") == 0)
        let wanted = directory.path + "/a.db-oneapi-journal"
        #expect(JournalFile.path(besideDatabase: directory.path + "/a.db") == wanted)
        try writeFile(directory.path + "/link.db-oneapi-journal", [1])
        #expect(JournalFile.path(besideDatabase: directory.path + "/link.db") == wanted)
        #expect(readFile(wanted) == [1])
        try writeFile(directory.path + "/link.db-oneapi-journal", [2])
        #expect(JournalFile.path(besideDatabase: directory.path + "/link.db") == wanted)
        #expect(readFile(wanted) == [1])
    }

    @Test("nobody else may read the journal")
    func mode() async throws {
        let fixture = try await LedgerFixture()
        var facts = stat()
        #expect(stat(fixture.path, &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    }
}
