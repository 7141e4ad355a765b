import CLinux
import Glibc

/// Threads that are started on first need, wait for work on a condition variable, and serve owners in turn.
///
/// `@unchecked Sendable`: the queue and the counts are touched only with `mutex` held, and the two pointers never change.
package final class WorkPool: @unchecked Sendable {
    /// As much waits as may: whoever asked should come back later.
    package struct Full: Error, Equatable {
        package init() {}
    }

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: FairQueue<@Sendable () -> Void>
    private var started = 0
    private var idle = 0
    private var busy = 0
    private var begun = 0
    private let size: Int
    private let name: String
    private let isBackground: Bool

    /// A pool lives as long as the process: its threads never end.
    /// - Parameter isBackground: its threads leave the processor to the loops where both want it.
    package init(
        threads: Int, named name: String, limits: FairLimits = .none, isBackground: Bool = false
    ) {
        size = max(1, threads)
        self.name = name
        self.isBackground = isBackground
        queue = FairQueue(limits: limits)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    /// Pieces of work that wait.
    package var waiting: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return queue.count
    }

    /// Runs `body` on a worker and resumes the caller where it was.
    /// - Parameter owner: in whose turn it is done.
    package func run<T: Sendable>(
        of owner: Int64, _ body: @escaping @Sendable () -> T
    ) async throws(Full) -> T {
        let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<T?, Never>) in
            let isTaken = submit(of: owner, isCertain: false) { continuation.resume(returning: body()) }
            if !isTaken { continuation.resume(returning: nil) }
        }
        guard let result else { throw Full() }
        return result
    }

    /// The same even where as much waits as may, for work whose refusal would lose something.
    package func runCertainly<T: Sendable>(of owner: Int64 = 0, _ body: @escaping @Sendable () -> T) async -> T {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<T, Never>) in
            _ = submit(of: owner, isCertain: true) { continuation.resume(returning: body()) }
        }
    }

    /// Pieces of work that a thread is at.
    package var running: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return busy
    }

    /// Pieces of work that a thread took up, since the start.
    package var takenUp: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return begun
    }

    private func submit(of owner: Int64, isCertain: Bool, _ work: @escaping @Sendable () -> Void) -> Bool {
        pthread_mutex_lock(mutex)
        let isTaken = queue.add(work, of: owner, isCertain: isCertain)
        let mustStart = idle < queue.count && started < size
        if mustStart { started += 1 }
        if queue.hasNext { pthread_cond_signal(condition) }
        pthread_mutex_unlock(mutex)
        if mustStart { startThread(named: name) { self.work() }.detach() }
        return isTaken
    }

    private func work() {
        // On Linux the niceness is a thread's own.
        if isBackground { _ = nice(5) }
        pthread_mutex_lock(mutex)
        while true {
            guard let (work, owner) = queue.next() else {
                idle += 1
                pthread_cond_wait(condition, mutex)
                idle -= 1
                continue
            }
            busy += 1
            begun += 1
            pthread_mutex_unlock(mutex)
            work()
            pthread_mutex_lock(mutex)
            busy -= 1
            // The owner may have been held back until now; this thread itself goes on with what is next.
            queue.finished(of: owner)
        }
    }
}
