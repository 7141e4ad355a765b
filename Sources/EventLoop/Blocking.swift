import Glibc
import Synchronization

/// A few threads for calls that block (password hashing, name look-ups, files), so that no loop ever waits.
package enum Blocking {
    private static let pool = WorkerPool(size: 4)

    /// Runs `body` on a worker and resumes the caller where it was.
    package static func run<T: Sendable>(_ body: @escaping @Sendable () throws -> T) async throws -> T {
        try await withUnsafeThrowingContinuation { (continuation: UnsafeContinuation<T, any Error>) in
            pool.submit { continuation.resume(with: Result(catching: body)) }
        }
    }
}

/// Threads that are started on first need and then wait for work on a condition variable.
///
/// `@unchecked Sendable`: the queue is touched only with `mutex` held.
private final class WorkerPool: @unchecked Sendable {
    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: [@Sendable () -> Void] = []
    private var started = 0
    private var idle = 0
    private let size: Int

    init(size: Int) {
        self.size = size
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    func submit(_ work: @escaping @Sendable () -> Void) {
        pthread_mutex_lock(mutex)
        queue.append(work)
        let mustStart = idle < queue.count && started < size
        if mustStart { started += 1 }
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
        if mustStart {
            startThread(named: "blocking") { self.work() }.detach()
        }
    }

    private func work() {
        while true {
            pthread_mutex_lock(mutex)
            idle += 1
            while queue.isEmpty { pthread_cond_wait(condition, mutex) }
            idle -= 1
            let next = queue.removeFirst()
            pthread_mutex_unlock(mutex)
            next()
        }
    }
}
