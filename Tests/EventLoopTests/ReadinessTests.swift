import EventLoop
import Glibc
import Synchronization
import TestTraits
import Testing

@Suite(.inTurn) struct ReadinessTests {
    @Test("an event of a closed descriptor does not reach a new source with the same number")
    func staleEvent() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        let calls = Calls()
        loop.submit {
            // Both are readable before the loop polls, and it reports them in the order in which they were registered.
            let first = readEnd(hasByte: true)
            let second = readEnd(hasByte: true)
            let quiet = readEnd(hasByte: false)
            let newcomer = Source { calls.add("newcomer") }
            let old = Source { calls.add("old") }
            loop.register(
                first, events: 1,
                source: Source {
                    calls.add("first")
                    loop.deregister(first)
                    loop.deregister(second)
                    close(second)
                    // Reuses the number for something that is not readable.
                    let reused = dup2(quiet, second)
                    loop.register(reused, events: 1, source: newcomer)
                })
            loop.register(second, events: 1, source: old)
        }
        await turns(loop, 5)
        #expect(calls.all == ["first"])
    }

    @Test("events of a registered descriptor arrive until it is deregistered")
    func events() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let loop = loops.loops[0]
        let calls = Calls()
        loop.submit {
            let descriptor = readEnd(hasByte: true)
            loop.register(
                descriptor, events: 1,
                source: Source {
                    calls.add("event")
                    if calls.all.count == 3 { loop.deregister(descriptor) }
                })
        }
        await turns(loop, 10)
        #expect(calls.all == ["event", "event", "event"])
    }

    /// Lets the loop turn a few times.
    private func turns(_ loop: EventLoop, _ count: Int) async {
        await Task(executorPreference: loop) {
            for _ in 0..<count { await loop.sleep(for: .milliseconds(2)) }
        }.value
    }
}

/// A pipe's read end; its other end stays open.
private func readEnd(hasByte: Bool) -> Int32 {
    var ends: [Int32] = [0, 0]
    _ = pipe(&ends)
    if hasByte { _ = write(ends[1], "x", 1) }
    return ends[0]
}

private final class Source: EventSource {
    private let body: () -> Void
    init(_ body: @escaping () -> Void) { self.body = body }
    func ready(_ events: UInt32) { body() }
}

private final class Calls: Sendable {
    private let names = Mutex<[String]>([])
    var all: [String] { names.withLock { $0 } }
    func add(_ name: String) { names.withLock { $0.append(name) } }
}
