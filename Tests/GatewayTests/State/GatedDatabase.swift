import Database
import Synchronization

@testable import Gateway

/// A database whose calls stop where a test wants, so that the test decides which of two events comes first.
final class GatedDatabase: Database {
    enum Point { case beforeRead, afterRead, beforeWrite, afterWrite }

    private let base: SQLiteDatabase
    private let readCount = Mutex(0)
    private let isRefusing = Mutex(false)
    private let stops = Mutex<[(point: Point, stop: Stop)]>([])

    init(_ base: SQLiteDatabase) { self.base = base }

    /// The number of reads so far.
    var reads: Int { readCount.withLock { $0 } }

    /// Sets whether reads fail.
    func refuseReads(_ isSo: Bool) { isRefusing.withLock { $0 = isSo } }

    /// The next call that comes to `point` waits there until the test lets it go on.
    func stop(_ point: Point) -> Stop {
        let stop = Stop()
        stops.withLock { $0.append((point, stop)) }
        return stop
    }

    private func pass(_ point: Point) async {
        let stop = stops.withLock { stops in
            stops.firstIndex { $0.point == point }.map { stops.remove(at: $0).stop }
        }
        await stop?.pass()
    }

    func read<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        readCount.withLock { $0 += 1 }
        await pass(.beforeRead)
        if isRefusing.withLock({ $0 }) { throw DatabaseError.busy }
        let value = try await base.read(body)
        await pass(.afterRead)
        return value
    }

    func write<T: Sendable>(_ body: @escaping @Sendable (Connection) throws -> T) async throws -> T {
        await pass(.beforeWrite)
        let value = try await base.write(body)
        await pass(.afterWrite)
        return value
    }

    func submit(
        _ body: @escaping @Sendable (Connection) throws -> Void,
        completion: @escaping @Sendable ((any Error)?) -> Void
    ) {
        base.submit(body, completion: completion)
    }

    func close() { base.close() }
}

/// A place where a call waits.
final class Stop: Sendable {
    private let arrival = StubGate()
    private let departure = StubGate()
    private let isReached = Mutex(false)

    /// Opens by itself after twenty seconds, so that a call that never comes fails the test instead of hanging it.
    init() {
        Task.detached { [weak self] in
            try? await Task.sleep(for: .seconds(20))
            self?.arrival.open()
            self?.departure.open()
        }
    }

    fileprivate func pass() async {
        isReached.withLock { $0 = true }
        arrival.open()
        await departure.wait()
    }

    /// Returns when a call waits here.
    /// - Returns: `false` if none came in time.
    func reached() async -> Bool {
        await arrival.wait()
        return isReached.withLock { $0 }
    }

    var wasReached: Bool { isReached.withLock { $0 } }

    func goOn() { departure.open() }
}
