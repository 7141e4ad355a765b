import TestTraits
import Testing

@testable import EventLoop

@Suite(.inTurn) struct FairQueueTests {
    @Test("owners take turns, however much each has queued")
    func turns() {
        let queue = Line<String>(limits: .none)
        for item in ["a1", "a2", "a3"] { #expect(queue.add(item, of: 1)) }
        #expect(queue.add("b1", of: 2))
        #expect(queue.add("c1", of: 3))
        var order: [String] = []
        while let (item, owner) = queue.next() {
            order.append(item)
            queue.finished(of: owner)
        }
        #expect(order == ["a1", "b1", "c1", "a2", "a3"])
    }

    @Test("holds back an owner that has as much running as allowed, and continues when some of it has ended")
    func runningOfOne() throws {
        let queue = Line<Int>(limits: FairLimits(waiting: 10, waitingOfOne: 10, runningOfOne: 2))
        for item in 1...4 { #expect(queue.add(item, of: 7)) }
        #expect(queue.next()?.item == 1)
        #expect(queue.next()?.item == 2)
        #expect(!queue.hasNext && queue.next() == nil)
        #expect(queue.add(9, of: 8))
        #expect(queue.next()?.item == 9)
        queue.finished(of: 8)
        #expect(queue.next() == nil)
        queue.finished(of: 7)
        #expect(queue.next()?.item == 3)
        #expect(queue.next() == nil)
        queue.finished(of: 7)
        #expect(queue.next()?.item == 4)
        #expect(queue.count == 0)
    }

    @Test("refuses work beyond the limits, for one owner and in total, but never work that is certain")
    func limits() {
        let queue = Line<Int>(limits: FairLimits(waiting: 3, waitingOfOne: 2, runningOfOne: 1))
        #expect(queue.add(1, of: 1))
        #expect(queue.add(2, of: 1))
        #expect(!queue.add(3, of: 1))
        #expect(queue.add(4, of: 2))
        #expect(!queue.add(5, of: 3))
        #expect(queue.count == 3)
        #expect(queue.add(6, of: 3, isCertain: true))
        // Running work does not count as waiting.
        _ = queue.next()
        _ = queue.next()
        #expect(queue.add(7, of: 4))
    }

    @Test("resumes a caller with its worker's result, and refuses work when the queue is full")
    func pool() async throws {
        let pool = WorkPool(
            threads: 1, named: "test", limits: FairLimits(waiting: 1, waitingOfOne: 1, runningOfOne: 1))
        let gate = Gate()
        async let first = pool.run(of: 1) {
            gate.wait()
            return 1
        }
        while !gate.isReached { await Task.yield() }
        async let second = pool.run(of: 1) { 2 }
        while pool.waiting < 1 { await Task.yield() }
        await #expect(throws: WorkPool.Full()) { try await pool.run(of: 2) { 3 } }
        async let certain = pool.runCertainly(of: 2) { 4 }
        while pool.waiting < 2 { await Task.yield() }
        gate.open()
        #expect(try await [first, second] == [1, 2])
        #expect(await certain == 4)
    }
}

/// A class around the queue, so that it can be changed within an expectation.
private final class Line<Item> {
    private var queue: FairQueue<Item>

    init(limits: FairLimits) { queue = FairQueue(limits: limits) }

    var count: Int { queue.count }
    var hasNext: Bool { queue.hasNext }

    func add(_ item: Item, of owner: Int64, isCertain: Bool = false) -> Bool {
        queue.add(item, of: owner, isCertain: isCertain)
    }

    func next() -> (item: Item, owner: Int64)? { queue.next() }
    func finished(of owner: Int64) { queue.finished(of: owner) }
}
