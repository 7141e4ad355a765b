import Database
import Glibc
import Synchronization
import TestKit

@testable import Gateway

/// Wraps a reservation, so that an array can hold it.
final class HeldReservation {
    private var reservation: Reservation?

    init(_ reservation: consuming Reservation) { self.reservation = .some(reservation) }

    func settle(_ settlement: Settlement) {
        guard let held = reservation.take() else { return }
        held.settle(settlement)
    }
}

/// What a ledger reported.
final class Notices: Sendable {
    private let all = Mutex<[LedgerNotice]>([])
    var list: [LedgerNotice] { all.withLock { $0 } }
    var journal: JournalNotice? {
        for case .journal(let notice) in list { return notice }
        return nil
    }

    @Sendable func add(_ notice: LedgerNotice) { all.withLock { $0.append(notice) } }
}

/// Blocks the database's writer until `end` is called or five minutes have passed.
final class Standstill: Sendable {
    private let isOver = Mutex(false)

    init(of database: SQLiteDatabase) {
        let isOver = { @Sendable [self] in self.isOver.withLock { $0 } }
        database.submit({ _ in for _ in 0..<300_000 where !isOver() { usleep(1000) } }, completion: { _ in })
    }

    func end() { isOver.withLock { $0 = true } }
}

/// Waits until a condition holds, for at most this many seconds.
func becomesTrue(seconds: Int = 60, _ condition: () async throws -> Bool) async throws -> Bool {
    for _ in 0..<(seconds * 100) {
        if try await condition() { return true }
        try await Task.sleep(for: .milliseconds(10))
    }
    return try await condition()
}

func removeFile(_ path: String) { unlink(path) }

extension JournalHead {
    init?(_ bytes: [UInt8]) {
        guard let head = bytes.withUnsafeBytes({ JournalHead($0) }) else { return nil }
        self = head
    }
}

extension LedgerFixture {
    /// A fixture with five charges of ten that its database does not have yet.
    static func withFiveCharges(journalSize: Int = 64 << 10) async throws -> (LedgerFixture, Standstill) {
        let fixture = try await LedgerFixture(journalSize: journalSize)
        let standstill = Standstill(of: fixture.database)
        for number in 0..<5 { try fixture.spend(10, id: "r\(number)") }
        return (fixture, standstill)
    }
}

/// Counts the groups that a ledger submits, and holds some of them back if a test says so.
final class CountingDatabase: Database {
    private let database: SQLiteDatabase
    private let count = Mutex(0)
    private let refusedWrites = Mutex<ClosedRange<Int>?>(nil)
    private let writes = Mutex(0)
    private let whatIsDone = Mutex<(@Sendable (Int) -> Void)?>(nil)
    private let kept = Mutex<(limit: Int, jobs: [@Sendable () -> Void])>((.max, []))

    var submissions: Int { count.withLock { $0 } }

    /// Lets this many groups through.
    func allow(_ number: Int) {
        let jobs = kept.withLock { kept in
            kept.limit = number
            defer { kept.jobs = [] }
            return kept.jobs
        }
        for job in jobs { job() }
    }

    init(_ database: SQLiteDatabase) { self.database = database }

    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        try await database.read(body)
    }

    /// Refuses the writes with these numbers, counted from one, as a full disk does.
    func refuse(writes range: ClosedRange<Int>) { refusedWrites.withLock { $0 = range } }

    /// Runs a closure before each write, with the write's number, counted from one.
    func beforeWrites(_ body: @escaping @Sendable (Int) -> Void) { whatIsDone.withLock { $0 = body } }

    func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        let number = writes.withLock { writes -> Int in
            writes += 1
            return writes
        }
        whatIsDone.withLock { $0 }?(number)
        if refusedWrites.withLock({ $0?.contains(number) ?? false }) { throw DatabaseError.full }
        return try await database.write(body)
    }

    func submit(
        _ body: @escaping @Sendable (Connection) throws -> Void,
        completion: @escaping @Sendable ((any Error)?) -> Void
    ) {
        let number = count.withLock { count -> Int in
            count += 1
            return count
        }
        let job = { @Sendable [database] in database.submit(body, completion: completion) }
        let isKept = kept.withLock { kept in
            if number > kept.limit { kept.jobs.append(job) }
            return number > kept.limit
        }
        if !isKept { job() }
    }

    func close() { database.close() }
}
