import EventLoop
import Synchronization
import TestKit

@testable import Gateway

/// Runs work on a thread of its own, since a waiting call would block one of the few threads that the tests share.
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

    /// Waits until the work is done. Only the work's own time limits bound the wait.
    func result() async throws -> Value {
        await isDone.wait()
        guard let result = value.withLock({ $0 }) else { throw UnexpectedAnswer(text: "no result") }
        return try result.get()
    }
}
