import Synchronization
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct SnapshotTests {
    private struct Failure: Error {}

    @Test("a failed reload is tried once more and then reported")
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

    @Test("a failed write is reported, and the value is read again since the write may have been done")
    func failedWrite() async throws {
        let snapshot = Snapshot(0)
        await #expect(throws: Failure.self) {
            try await snapshot.change({ throw Failure() }, reload: { 5 })
        }
        #expect(snapshot.value == 5 && !snapshot.isChanging)
    }

    @Test("the read that began later wins, whichever ends last")
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

    @Test("a change that cannot be read back counts as made, and the value is stale until a read succeeds")
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

    @Test("after a failed write that cannot be read back, the value is stale, since it may have been done")
    func unreadFailure() async throws {
        let snapshot = Snapshot(0)
        await #expect(throws: Failure.self) {
            try await snapshot.change({ throw Failure() }, reload: { throw Failure() })
        }
        #expect(snapshot.isStale)
    }

    @Test("a failed read does not matter if a read that began later has the change")
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

    @Test("all who find the value stale wait for one read, and a read that began before the change is not enough")
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

    @Test("a change counts as under way from its beginning until the value has it")
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
