import Synchronization
import TestTraits
import Testing

@testable import EventLoop

@Suite(.inTurn) struct TimerTests {
    @Test("timers come out in order of time, whatever the order of insertion, and none before it is due")
    func heap() {
        var random = SystemRandomNumberGenerator()
        for _ in 0..<200 {
            var heap = TimerHeap()
            let times = (0..<50).map { _ in UInt64.random(in: 0..<1000, using: &random) }
            for time in times { heap.insert(LoopTimer(at: time) {}) }
            let now = UInt64.random(in: 0..<1000, using: &random)
            var fired: [UInt64] = []
            while fired.count <= times.count, let timer = heap.popDue(at: now) { fired.append(timer.at) }
            #expect(fired == times.filter { $0 <= now }.sorted())
            #expect(heap.next == times.filter { $0 > now }.min())
        }
    }

    @Test("an idle loop wakes in time for its timers, even for an earlier one that was added later")
    func punctual() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        for delay in [1, 20, 150] {
            let answer = Answer()
            loop.submit {
                let start = EventLoop.monotonicNow()
                loop.schedule(after: .seconds(50)) {}
                loop.schedule(after: .milliseconds(delay)) {
                    answer.give(.nanoseconds(Int64(EventLoop.monotonicNow() - start)) - .milliseconds(delay))
                }
            }
            let late = await answer.wait()
            #expect(late >= .zero && late < .seconds(1), "\(late) late")
        }
    }

    @Test("a deadline fires once and in time, and not while it is being postponed")
    func deadline() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        let answer = Answer()
        loop.submit {
            var due: UInt64 = 0
            let deadline = LoopDeadline { answer.give(.nanoseconds(Int64(EventLoop.monotonicNow()) - Int64(due))) }
            loop.add(deadline)
            deadline.at = EventLoop.monotonicNow() + 20_000_000
            loop.schedule(after: .milliseconds(5)) {
                due = EventLoop.monotonicNow() + 80_000_000
                deadline.at = due
            }
        }
        let late = await answer.wait()
        #expect(late >= .zero && late < .seconds(1), "\(late) late")
    }

    @Test("durations become nanoseconds within a limit")
    func durations() {
        #expect(Duration.seconds(2).nanoseconds == 2_000_000_000)
        #expect(Duration.milliseconds(1500).nanoseconds == 1_500_000_000)
        #expect(Duration.seconds(-1).nanoseconds == 0 && Duration.milliseconds(-1).nanoseconds == 0)
        // The limit is half the range, so that adding it to the clock does not overflow.
        #expect(Duration.seconds(Int64.max).nanoseconds == UInt64.max / 2)
        #expect((Duration.seconds(18_446_744_073) + .milliseconds(999)).nanoseconds == UInt64.max / 2)
    }

    @Test("a timer beyond the clock's range neither wakes nor ends the loop")
    func never() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        let answer = Answer()
        loop.submit {
            loop.schedule(after: .seconds(Int64.max)) {}
            loop.schedule(after: .seconds(9_000_000_000)) {}
            loop.schedule(after: .milliseconds(5)) { answer.give(.zero) }
        }
        #expect(await answer.wait() == .zero)
    }
}

/// The loop's answer. If none comes within five seconds, the test fails instead of hanging.
private final class Answer: Sendable {
    private let value = Mutex<Duration?>(nil)

    func give(_ duration: Duration) { value.withLock { $0 = duration } }

    func wait() async -> Duration {
        for _ in 0..<1000 {
            if let duration = value.withLock({ $0 }) { return duration }
            try? await Task.sleep(for: .milliseconds(5))
        }
        return .seconds(1_000_000)
    }
}
