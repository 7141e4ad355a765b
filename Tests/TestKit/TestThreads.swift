import Glibc

/// Threads that tests may block. Swift's own pool has one thread for each core. Two tests that wait there for an answer
/// can keep the code that gives it from running.
package final class TestThreads: TaskExecutor, Sendable {
    package static let shared = TestThreads(count: 32)

    private let jobs = JobQueue()

    private init(count: Int) {
        for _ in 0..<count {
            var thread = pthread_t()
            let queue = Unmanaged.passRetained(jobs)
            let status = pthread_create(&thread, nil, testThread, queue.toOpaque())
            precondition(status == 0, "no thread for tests: \(status)")
            pthread_detach(thread)
        }
    }

    package func enqueue(_ job: consuming ExecutorJob) { jobs.add(UnownedJob(job)) }

    fileprivate func run(_ job: UnownedJob) { job.runSynchronously(on: asUnownedTaskExecutor()) }

    /// Whether the calling thread may be blocked.
    package static var isCurrent: Bool { pthread_getspecific(mark) != nil }

    /// Allows blocking the calling thread, which a test has started itself.
    package static func admitCurrent() { pthread_setspecific(mark, UnsafeRawPointer(bitPattern: 1)) }
}

/// The key that is set in threads that may be blocked.
private let mark = {
    var key = pthread_key_t()
    pthread_key_create(&key, nil)
    return key
}()

private func testThread(_ queue: UnsafeMutableRawPointer?) -> UnsafeMutableRawPointer? {
    TestThreads.admitCurrent()
    guard let queue else { return nil }
    let jobs = Unmanaged<JobQueue>.fromOpaque(queue).takeRetainedValue()
    while true { TestThreads.shared.run(jobs.next()) }
}

/// The jobs of the threads, in order.
///
/// `@unchecked Sendable`: `waiting` is touched only with `lock` held, and the two pointers never change.
private final class JobQueue: @unchecked Sendable {
    private let lock = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let hasMore = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var waiting: [UnownedJob] = []

    init() {
        pthread_mutex_init(lock, nil)
        pthread_cond_init(hasMore, nil)
    }

    func add(_ job: UnownedJob) {
        pthread_mutex_lock(lock)
        waiting.append(job)
        pthread_mutex_unlock(lock)
        pthread_cond_signal(hasMore)
    }

    func next() -> UnownedJob {
        pthread_mutex_lock(lock)
        defer { pthread_mutex_unlock(lock) }
        while waiting.isEmpty { pthread_cond_wait(hasMore, lock) }
        return waiting.removeFirst()
    }
}
