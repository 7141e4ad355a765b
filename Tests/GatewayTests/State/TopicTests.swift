import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct TopicTests {
    @Test("what was read before a change ended is stale; while it is under way, to be used once; after it, current")
    func change() {
        let topic = Topic()
        let before = topic.version
        #expect(topic.freshness(of: 1, readAt: before) == .current)
        topic.begin(1)
        let during = topic.version
        #expect(topic.freshness(of: 1, readAt: before) == .changing)
        #expect(topic.freshness(of: 2, readAt: before) == .current)
        #expect(topic.freshnessOfNothing(readAt: before) == .changing)
        topic.end(1)
        #expect(topic.freshness(of: 1, readAt: before) == .stale)
        #expect(topic.freshness(of: 1, readAt: during) == .stale)
        #expect(topic.freshness(of: 2, readAt: before) == .current)
        #expect(topic.freshnessOfNothing(readAt: before) == .stale)
        #expect(topic.freshness(of: 1, readAt: topic.version) == .current)
        #expect(topic.freshnessOfNothing(readAt: topic.version) == .current)
    }

    @Test("of two changes of a row at the same time each one counts until it ends")
    func two() {
        let topic = Topic()
        topic.begin(1)
        topic.begin(1)
        topic.end(1)
        let between = topic.version
        #expect(topic.freshness(of: 1, readAt: between) == .changing)
        topic.end(1)
        #expect(topic.freshness(of: 1, readAt: between) == .stale)
        #expect(topic.freshness(of: 1, readAt: topic.version) == .current)
    }

    @Test("a change that is forgotten among many others still makes older reads stale")
    func manyChanges() {
        let topic = Topic()
        let before = topic.version
        for row in 0..<10_000 as Range<Int64> {
            topic.begin(row)
            topic.end(row)
        }
        for row in [0, 5000, 9999, 20_000] as [Int64] {
            #expect(topic.freshness(of: row, readAt: before) == .stale)
            #expect(topic.freshness(of: row, readAt: topic.version) == .current)
        }
        let later = topic.version
        topic.begin(3)
        topic.end(3)
        #expect(topic.freshness(of: 4, readAt: later) == .current)
    }
}

@Suite(.inTurn) struct SnapshotTests {
    private struct Failure: Error {}

    @Test("a reload that fails is tried once more, and then said")
    func retry() async throws {
        let snapshot = Snapshot(0)
        var left = 1
        try await snapshot.reload {
            left -= 1
            if left >= 0 { throw Failure() }
            return 7
        }
        #expect(snapshot.value == 7)
        await #expect(throws: Failure.self) { try await snapshot.reload { throw Failure() } }
        #expect(snapshot.value == 7)
    }

    @Test("a write that fails is reported, and the value made anew: it may have been done all the same")
    func failedWrite() async throws {
        let snapshot = Snapshot(0)
        await #expect(throws: Failure.self) {
            try await snapshot.change({ throw Failure() }, reload: { 5 })
        }
        #expect(snapshot.value == 5 && !snapshot.isChanging)
    }

    @Test("the later read wins, whichever ends last")
    func order() async throws {
        let snapshot = Snapshot("none")
        try await snapshot.reload {
            try await snapshot.reload { "later" }
            return "earlier"
        }
        #expect(snapshot.value == "later")
        try await snapshot.reload { "now" }
        #expect(snapshot.value == "now")
    }

    @Test("a change that cannot be read back counts as made, and the value as stale until a read succeeds")
    func unread() async throws {
        let snapshot = Snapshot(0)
        #expect(try await snapshot.change({ "done" }, reload: { throw Failure() }) == "done")
        #expect(snapshot.isStale && snapshot.value == 0)
        #expect(await snapshot.catchUp { throw Failure() } == false)
        #expect(snapshot.isStale)
        #expect(await snapshot.catchUp { 5 })
        #expect(snapshot.value == 5 && !snapshot.isStale)
        #expect(await snapshot.catchUp { 6 })
        #expect(snapshot.value == 5)
    }

    @Test("a failed write that cannot be read back is reported, and the value stale: it may have been done")
    func unreadFailure() async throws {
        let snapshot = Snapshot(0)
        await #expect(throws: Failure.self) {
            try await snapshot.change({ throw Failure() }, reload: { throw Failure() })
        }
        #expect(snapshot.isStale)
    }

    @Test("a read that fails does not matter where another one that began later has the change")
    func readByAnother() async throws {
        let snapshot = Snapshot(0)
        try await snapshot.change(
            {},
            reload: {
                try await snapshot.reload { 7 }
                throw Failure()
            })
        #expect(!snapshot.isStale && snapshot.value == 7)
    }

    @Test("all who find the value stale wait for one read, and a read from before the change is not enough")
    func oneRead() async throws {
        let snapshot = Snapshot(0)
        try await snapshot.change({}, reload: { throw Failure() })
        let reads = Mutex(0)
        let gate = StubGate()
        let read: @Sendable () async throws -> Int = {
            let number = reads.withLock { reads in
                reads += 1
                return reads
            }
            await gate.wait()
            return number
        }
        let tasks = (0..<10).map { _ in
            Task(executorPreference: TestThreads.shared) { await snapshot.catchUp(read) }
        }
        #expect(try await becomesTrue { reads.withLock { $0 } == 1 })
        try await snapshot.change({}, reload: { throw Failure() })
        gate.open()
        for task in tasks { #expect(await task.value) }
        #expect(snapshot.value == 2 && reads.withLock { $0 } == 2)
    }

    @Test("a change is under way from its beginning until the value has it")
    func underWay() async throws {
        let snapshot = Snapshot(0)
        try await snapshot.change(
            { #expect(snapshot.isChanging) },
            reload: {
                #expect(snapshot.isChanging)
                return 1
            })
        #expect(!snapshot.isChanging && snapshot.value == 1)
    }
}
