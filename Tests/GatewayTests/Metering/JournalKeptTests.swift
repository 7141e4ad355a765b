import Database
import Glibc
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// A broken journal is kept for a person to look at, whenever the process ends.
@Suite(.inTurn) struct JournalKeptTests {
    /// The files of a killed run whose journal has a damaged head and five charges that the database lacks.
    private func damaged() async throws -> TemporaryDirectory {
        let (fixture, standstill) = try await LedgerFixture.withFiveCharges()
        let copy = try fixture.killed { $0[0] ^= 0xff }
        standstill.end()
        return copy
    }

    private func start(
        on database: any Database, in directory: TemporaryDirectory, _ notices: Notices, _ system: JournalSystem
    ) async throws -> Ledger {
        try await Ledger(
            journalPath: directory.path + "/journal", journalSize: 1 << 20, journalLimit: 8 << 20, database: database,
            followDelay: .zero, report: notices.add, system: system)
    }

    @Test("the old journal is kept, with its new name on disk, before its records are applied; so is the next one's")
    func order() async throws {
        let directory = try await damaged()
        let journal = readFile(directory.path + "/journal")
        let store = try SQLiteDatabase(path: directory.path + "/a.db")
        defer { store.close() }
        let events = Mutex<[String]>([])
        var system = JournalSystem()
        let synchronize = system.synchronizeNames
        system.synchronizeNames = { path in
            events.withLock { $0.append("names") }
            synchronize(path)
        }
        let counting = CountingDatabase(store)
        let kept = directory.path + "/journal.kept-1"
        counting.beforeWrites { number in
            let isKept = readFile(kept) == journal
            events.withLock { $0.append("write \(number), \(isKept ? "kept" : "not kept")") }
        }
        let notices = Notices()
        let ledger = try await start(on: counting, in: directory, notices, system)
        #expect(
            events.withLock { $0 } == [
                "write 1, not kept", "names", "write 2, kept", "names", "write 3, kept",
            ])
        #expect(ledger.replayedEntries == 5 && notices.journal?.keptAs == kept)
        // The new journal is a separate file.
        #expect(readFile(kept) == journal && readFile(directory.path + "/journal") != journal)
    }

    @Test("if a start fails before applying the journal, the journal stays, and the next start names the same file")
    func again() async throws {
        let directory = try await damaged()
        let journal = readFile(directory.path + "/journal")
        let store = try SQLiteDatabase(path: directory.path + "/a.db")
        let full = CountingDatabase(store)
        full.refuse(writes: 2...9)
        let first = Notices()
        await #expect(throws: DatabaseError.full) {
            _ = try await start(on: full, in: directory, first, JournalSystem())
        }
        store.close()
        let kept = directory.path + "/journal.kept-1"
        #expect(first.journal?.keptAs == kept && readFile(kept) == journal)
        let again = try await LedgerFixture(directory)
        #expect(again.notices.journal?.keptAs == kept && again.ledger.replayedEntries == 5)
        #expect(readFile(kept) == journal && access(directory.path + "/journal.kept-2", F_OK) != 0)
    }

    @Test("on a file system without hard links, the journal is moved aside once it is applied")
    func oneName() async throws {
        let directory = try await damaged()
        let journal = readFile(directory.path + "/journal")
        let store = try SQLiteDatabase(path: directory.path + "/a.db")
        defer { store.close() }
        var system = JournalSystem()
        system.link = { _, _ in false }
        let notices = Notices()
        let ledger = try await start(on: store, in: directory, notices, system)
        let kept = try #require(notices.journal?.keptAs)
        #expect(ledger.replayedEntries == 5 && readFile(kept) == journal)
    }
}
