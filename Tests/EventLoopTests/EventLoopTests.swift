import EventLoop
import Synchronization
import TestTraits
import Testing

@Suite(.inTurn) struct EventLoopTests {
    @Test("runs an async function on its own thread, across suspensions")
    func staysOnLoop() async throws {
        let loops = EventLoopGroup(count: 2)
        try loops.start()
        let results = await withTaskGroup(of: Bool.self) { group in
            for loop in loops.loops {
                group.addTask(executorPreference: loop) {
                    var onLoop = EventLoop.current === loop
                    await loop.sleep(for: .milliseconds(1))
                    onLoop = onLoop && EventLoop.current === loop
                    _ = try? await Blocking.run { 1 }
                    return onLoop && EventLoop.current === loop
                }
            }
            return await group.reduce(into: [Bool]()) { $0.append($1) }
        }
        #expect(results == [true, true])
        loops.stop()
    }

    @Test("fires timers in order of time and skips cancelled ones")
    func timers() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        let loop = loops.loops[0]
        let order = await withCheckedContinuation { (continuation: CheckedContinuation<[Int], Never>) in
            loop.submit {
                let box = Box()
                for delay in [30, 5, 20, 10] {
                    loop.schedule(after: .milliseconds(delay)) {
                        box.values.append(delay)
                        if delay == 30 { continuation.resume(returning: box.values) }
                    }
                }
                loop.schedule(after: .milliseconds(7)) { box.values.append(7) }.cancel()
            }
        }
        #expect(order == [5, 10, 20, 30])
        loops.stop()
    }

    @Test(
        "a duration in nanoseconds is exact, and limited so that the clock can add it",
        arguments: [
            (.zero, 0), (.seconds(-1), 0), (.nanoseconds(-1), 0), (.nanoseconds(1), 1), (.seconds(2), 2_000_000_000),
            (.seconds(9_223_372_036), 9_223_372_036_000_000_000), (.seconds(10_000_000_000), .max / 2),
            (.seconds(18_446_744_073) + .milliseconds(999), .max / 2), (.seconds(Int64.max), .max / 2),
        ] as [(Duration, UInt64)])
    func nanoseconds(duration: Duration, expected: UInt64) { #expect(duration.nanoseconds == expected) }

    @Test("a timer that is centuries away blocks nothing", .timeLimit(.minutes(10)))
    func farTimer() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        let loop = loops.loops[0]
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.submit {
                loop.schedule(after: .seconds(10_000_000_000)) {}
                loop.schedule(after: .milliseconds(5)) { continuation.resume() }
            }
        }
        // One more turn of the loop, in which only the far timer is left.
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.submit { continuation.resume() }
        }
        loops.stop()
    }

    @Test("accepts work from many threads without losing any")
    func submitsFromManyThreads() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        let count = Counter()
        await withTaskGroup(of: Void.self) { group in
            for _ in 0..<200 {
                group.addTask { await Self.increment(count, on: loops.loops[0]) }
            }
        }
        #expect(count.value.withLock { $0 } == 200)
        loops.stop()
    }

    private static func increment(_ count: Counter, on loop: EventLoop) async {
        await withCheckedContinuation { (continuation: CheckedContinuation<Void, Never>) in
            loop.submit {
                count.value.withLock { $0 += 1 }
                continuation.resume()
            }
        }
    }

    @Test("passes errors of blocking work to the caller")
    func blockingErrors() async {
        struct Failure: Error {}
        await #expect(throws: Failure.self) { try await Blocking.run { throw Failure() } }
    }
}

private final class Box { var values: [Int] = [] }

private final class Counter: Sendable { let value = Mutex(0) }
