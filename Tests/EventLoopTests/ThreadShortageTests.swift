import Synchronization
import TestTraits
import Testing

@testable import EventLoop

/// A system that refuses to start more threads.
@Suite(.inTurn) struct ThreadShortageTests {
    /// Starts this many threads and no more.
    private final class Threads: Sendable {
        private let left: Mutex<Int>
        private let ended = Mutex(0)

        init(_ count: Int) { left = Mutex(count) }

        var endedThreads: Int { ended.withLock { $0 } }

        func start(_ name: String, _ run: @escaping @Sendable () -> Void) throws(StartError) -> LoopThread {
            let isGiven = left.withLock { left in
                left -= 1
                return left >= 0
            }
            guard isGiven else { throw .noThread(name: name, reason: "none left") }
            return try startThread(named: name) { [self] in
                run()
                ended.withLock { $0 += 1 }
            }
        }

        func give(_ count: Int) { left.withLock { $0 = count } }
    }

    @Test("if not all loops can start, the error says what to do, and none keeps running")
    func loops() {
        let threads = Threads(2)
        let loops = EventLoopGroup(count: 3, startThread: threads.start)
        #expect(throws: StartError.noThread(name: "loop-2", reason: "none left")) { try loops.start() }
        #expect(threads.endedThreads == 2)
        let text = "\(StartError.noThread(name: "loop-2", reason: "none left"))"
        #expect(text.contains("loop-2") && text.contains("none left") && text.contains("ulimit -u"))
    }

    @Test("a pool without threads refuses at once, still does certain work, and recovers when it gets a thread")
    func noWorker() async throws {
        let threads = Threads(0)
        let pool = WorkPool(threads: 2, named: "test", startThread: threads.start)
        for _ in 0..<3 {
            await #expect(throws: WorkPool.Full()) { try await pool.run(of: 1) { 1 } }
            #expect(await pool.runCertainly(of: 1) { 2 } == 2)
        }
        #expect(pool.waiting == 0)
        threads.give(1)
        #expect(try await pool.run(of: 1) { 3 } == 3)
    }

    @Test("a pool that gets fewer threads than it wants works with those")
    func fewWorkers() async throws {
        let threads = Threads(1)
        let pool = WorkPool(threads: 4, named: "test", startThread: threads.start)
        let gate = Gate()
        async let first = pool.run(of: 1) {
            gate.wait()
            return 1
        }
        for _ in 0..<100_000 where !gate.isReached { await Task.yield() }
        async let second = pool.run(of: 2) { 2 }
        async let third = pool.runCertainly(of: 3) { 3 }
        for _ in 0..<100_000 where pool.waiting < 2 { await Task.yield() }
        gate.open()
        #expect(try await [first, second] == [1, 2])
        #expect(await third == 3)
    }

    @Test("a caller waits no longer than it asked, and work that had not begun by then never begins")
    func patience() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        let pool = WorkPool(threads: 1, named: "test")
        let gate = Gate()
        let begun = Mutex(0)
        let answers = try await Task(executorPreference: loop) {
            let first = try await pool.run(of: 1, within: .milliseconds(20), on: loop) {
                gate.wait()
                return 1
            }
            let second = try await pool.run(of: 2, within: .milliseconds(20), on: loop) {
                begun.withLock { $0 += 1 }
                return 2
            }
            gate.open()
            let third = try await pool.run(of: 3, within: .seconds(60), on: loop) { 3 }
            return [first, second, third]
        }.value
        #expect(answers == [nil, nil, 3])
        #expect(begun.withLock { $0 } == 0)
    }
}
