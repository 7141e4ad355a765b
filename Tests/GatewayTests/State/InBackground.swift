import EventLoop
import Synchronization
import TestKit

@testable import Gateway

/// Work on a thread of its own, since a call that waits would take one of the few threads that tests share.
final class InBackground<Value: Sendable>: Sendable {
    private let value = Mutex<Result<Value, any Error>?>(nil)
    private let isDone = StubGate()

    init(_ work: @escaping @Sendable () throws -> Value) {
        do throws(StartError) {
            try startThread(named: "test-call") { [self] in
                TestThreads.admitCurrent()
                finish(Result { try work() })
            }.detach()
        } catch { finish(.failure(error)) }
    }

    private func finish(_ result: Result<Value, any Error>) {
        value.withLock { $0 = result }
        isDone.open()
    }

    /// Returns when the work is done; its own time limits bound it.
    func result() async throws -> Value {
        await isDone.wait()
        guard let result = value.withLock({ $0 }) else { throw UnexpectedAnswer(text: "no result") }
        return try result.get()
    }
}
