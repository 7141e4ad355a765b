import Database
import Glibc
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Copies of a database whose gateway runs.
@Suite(.inTurn) struct BackupTests {
    private func backUp(_ fixture: LedgerFixture, journal: String? = nil, to file: String) throws(BackupError) -> Backup
    {
        try Backup(
            of: fixture.directory.path + "/a.db", journal: journal ?? fixture.path, to: file, busyTimeout: 1000)
    }

    /// A directory that has a backup in the place of a database.
    private func restored(_ file: String, journal: [UInt8]? = nil) throws -> TemporaryDirectory {
        let directory = TemporaryDirectory()
        try writeFile(directory.path + "/a.db", readFile(file))
        if let journal { try writeFile(directory.path + "/journal", journal) }
        return directory
    }

    private func file(_ fixture: LedgerFixture) -> String { fixture.directory.path + "/backup.db" }

    @Test("a backup has what only the journal had, and stands alone")
    func alone() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let held = try fixture.ledger.reserve(userID: 1, tokenID: 1, amount: 300)
        let backup = try backUp(fixture, to: file(fixture))
        standstill.end()
        held.refund()
        #expect(backup.records == 11 && backup.size == readFile(file(fixture)).count)
        for _ in 0..<2 {
            let again = try await LedgerFixture(try restored(file(fixture)))
            #expect(again.ledger.replayedEntries == 0 && again.ledger.available(userID: 1, tokenID: 1) == 950)
            #expect(try await again.read() == (950, 950, 50))
            #expect(again.notices.journal?.problem == .missingAfterCleanEnd && again.notices.journal?.quota == 0)
        }
        var facts = stat()
        #expect(stat(file(fixture), &facts) == 0 && facts.st_mode & 0o777 == 0o600)
    }

    @Test("beside a journal nothing of it is applied twice, and what came after the backup is applied")
    func besideJournal() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        _ = try backUp(fixture, to: file(fixture))
        let same = readFile(fixture.path)
        try fixture.spend(7, id: "later")
        let later = readFile(fixture.path)
        standstill.end()
        for (journal, left, charges) in [(same, 950, 0), (later, 943, 1)] as [([UInt8], Int64, Int)] {
            let again = try await LedgerFixture(try restored(file(fixture), journal: journal))
            #expect(again.ledger.replayedEntries == charges)
            #expect(try await again.read() == (left, left, 1000 - left))
            #expect(again.notices.list.isEmpty)
        }
    }

    @Test("a database that has everything, and one that was killed, are copied as well")
    func atRest() async throws {
        let fixture = try await LedgerFixture()
        try fixture.spend(40)
        _ = try await fixture.stored()
        #expect(try backUp(fixture, to: file(fixture)).records <= 2)
        #expect(try await LedgerFixture(try restored(file(fixture))).read() == (960, 960, 40))
        let standstill = Standstill(of: fixture.database)
        try fixture.spend(5)
        let killed = try fixture.killed()
        standstill.end()
        let copy = killed.path + "/copy.db"
        _ = try Backup(of: killed.path + "/a.db", journal: killed.path + "/journal", to: copy, busyTimeout: 100)
        #expect(try await LedgerFixture(try restored(copy)).read() == (955, 955, 45))
    }

    @Test("a backup without the journal of a killed gateway still says that charges may be missing")
    func lostJournal() async throws {
        let fixture = try await LedgerFixture()
        try fixture.spend(40)
        _ = try await fixture.stored()
        let backup = try backUp(fixture, journal: fixture.path + "-lost", to: file(fixture))
        let again = try await LedgerFixture(try restored(file(fixture)))
        #expect(backup.records == 0 && again.notices.journal?.problem == .missing)
        #expect(try await again.read() == (960, 960, 40))
    }

    @Test("records behind a gap are left to the journal")
    func gap() async throws {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        var journal = readFile(fixture.path)
        let last = journal.lastIndex { $0 != 0 } ?? 0
        journal[JournalHead.size + (last - JournalHead.size) / 2] ^= 0xff
        let damaged = fixture.directory.path + "/damaged"
        try writeFile(damaged, journal)
        let backup = try backUp(fixture, journal: damaged, to: file(fixture))
        standstill.end()
        #expect((2...8).contains(backup.records))
        let (user, token, logs) = try await LedgerFixture(try restored(file(fixture))).read()
        #expect(user == token && user + logs == 1000 && (10...40).contains(logs))
    }

    private final class Load: Sendable {
        let spent = Atomic<Int64>(0)
        let isOver = Atomic(false)
    }

    @Test("backups under load agree with themselves, and have every charge from before they began")
    func underLoad() async throws {
        let fixture = try await LedgerFixture(quota: 1_000_000, journalSize: 64 << 10)
        let (load, ledger) = (Load(), fixture.ledger)
        try await withThrowingTaskGroup(of: Void.self) { group in
            group.addTask(executorPreference: TestThreads.shared) {
                for number in 0..<50_000 where !load.isOver.load(ordering: .relaxed) {
                    // Where the small journal is full, the database has to catch up.
                    do throws(ReservationRefusal) {
                        try ledger.reserve(userID: 1, tokenID: 1, amount: 1).settle(settlement(1))
                        load.spent.add(1, ordering: .releasing)
                    } catch { usleep(5000) }
                    if number % 20 == 0 { usleep(500) }
                }
            }
            for number in 0..<12 {
                let before = load.spent.load(ordering: .acquiring)
                let path = file(fixture) + "\(number)"
                _ = try backUp(fixture, to: path)
                let (user, token, logs) = try await LedgerFixture(try restored(path)).read()
                #expect(user == token && user + logs == 1_000_000 && logs >= before)
            }
            load.isOver.store(true, ordering: .relaxed)
            try await group.waitForAll()
        }
        #expect(load.spent.load(ordering: .relaxed) > 0)
    }

    @Test("a backup writes over nothing, makes no database, and leaves nothing behind where it fails")
    func refused() async throws {
        let fixture = try await LedgerFixture()
        let path = file(fixture)
        try writeFile(path, [1])
        #expect(throws: BackupError.exists(path)) { _ = try backUp(fixture, to: path) }
        #expect(readFile(path) == [1])
        let nowhere = fixture.directory.path + "/none/b.db"
        #expect { _ = try backUp(fixture, to: nowhere) } throws: { "\($0)".contains("No such file or directory") }
        let absent = fixture.directory.path + "/absent.db"
        #expect(throws: BackupError.noDatabase(absent)) {
            _ = try Backup(of: absent, to: path + "2", busyTimeout: 100)
        }
        try writeFile(absent, Array("no database, but long enough to be taken for one".utf8))
        #expect { _ = try Backup(of: absent, to: path + "2", busyTimeout: 100) } throws: {
            "\($0)".hasPrefix("the database cannot be copied: ")
        }
        let left = Shell.run("ls", in: fixture.directory.path).output
        #expect(!String(decoding: left, as: UTF8.self).contains("partial") && access(path + "2", F_OK) != 0)
    }
}
