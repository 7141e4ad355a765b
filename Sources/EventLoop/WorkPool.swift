import CLinux
import Glibc

/// Threads that start when they are first needed, wait for work on a condition variable, and serve owners in turn.
///
/// `@unchecked Sendable`: the queue and the counts are touched only with `mutex` held, and the two pointers never
/// change.
package final class WorkPool: @unchecked Sendable {
    /// The queue is full, or the system cannot start a thread. The caller should try again later.
    package struct Full: Error, Equatable {
        package init() {}
    }

    /// A piece of work. Its argument says whether a worker runs it; if not, nobody will.
    typealias Piece = @Sendable (_ isServed: Bool) -> Void

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var queue: FairQueue<Piece>
    /// The number of threads that run or are being started.
    private var started = 0
    private var idle = 0
    private var busy = 0
    private var begun = 0
    private let size: Int
    private let name: String
    private let isBackground: Bool
    private let starter: ThreadStarter

    /// A pool lives as long as the process: its threads never end.
    /// - Parameter isBackground: whether the loops have priority over its threads.
    package init(
        threads: Int, named name: String, limits: FairLimits = .none, isBackground: Bool = false,
        startThread starter: @escaping ThreadStarter = startThread(named:_:)
    ) {
        size = max(1, threads)
        self.name = name
        self.isBackground = isBackground
        self.starter = starter
        queue = FairQueue(limits: limits)
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
    }

    /// The number of waiting pieces of work.
    package var waiting: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return queue.count
    }

    /// Runs `body` on a worker and resumes the caller on its own executor.
    /// - Parameter owner: owners take turns.
    package func run<T: Sendable>(
        of owner: Int64, _ body: @escaping @Sendable () -> T
    ) async throws(Full) -> T {
        let result = await withUnsafeContinuation { (continuation: UnsafeContinuation<T?, Never>) in
            let isTaken = submit(of: owner) { continuation.resume(returning: $0 ? body() : nil) }
            if !isTaken { continuation.resume(returning: nil) }
        }
        guard let result else { throw Full() }
        return result
    }

    /// Does the same even if the queue is full, for work that must not be lost. If the system cannot start a thread,
    /// the calling thread runs the work.
    package func runCertainly<T: Sendable>(of owner: Int64 = 0, _ body: @escaping @Sendable () -> T) async -> T {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<T, Never>) in
            _ = submit(of: owner, isCertain: true) { _ in continuation.resume(returning: body()) }
        }
    }

    /// The number of running pieces of work.
    package var running: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return busy
    }

    /// The number of pieces of work that were started since the process began.
    package var takenUp: Int {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        return begun
    }

    /// - Returns: whether `piece` will be called.
    func submit(of owner: Int64, isCertain: Bool = false, _ piece: @escaping Piece) -> Bool {
        pthread_mutex_lock(mutex)
        let isTaken = queue.add(piece, of: owner, isCertain: isCertain)
        let mustStart = idle < queue.count && started < size
        if mustStart { started += 1 }
        if queue.hasNext { pthread_cond_signal(condition) }
        pthread_mutex_unlock(mutex)
        if mustStart { startWorker() }
        return isTaken
    }

    private func startWorker() {
        do throws(StartError) {
            try starter(name) { self.work() }.detach()
        } catch {
            for piece in takeUnserved() { piece(false) }
        }
    }

    /// The waiting work that nobody will run after a thread could not be started; none if there are other threads.
    private func takeUnserved() -> [Piece] {
        pthread_mutex_lock(mutex)
        defer { pthread_mutex_unlock(mutex) }
        started -= 1
        guard started == 0 else { return [] }
        var unserved: [Piece] = []
        while let (piece, owner) = queue.next() {
            unserved.append(piece)
            queue.finished(of: owner)
        }
        return unserved
    }

    private func work() {
        // On Linux each thread has its own niceness.
        if isBackground { _ = nice(5) }
        pthread_mutex_lock(mutex)
        while true {
            guard let (piece, owner) = queue.next() else {
                idle += 1
                pthread_cond_wait(condition, mutex)
                idle -= 1
                continue
            }
            busy += 1
            begun += 1
            pthread_mutex_unlock(mutex)
            piece(true)
            pthread_mutex_lock(mutex)
            busy -= 1
            // The owner's other work may be allowed to run now. This thread continues with the next piece itself.
            queue.finished(of: owner)
        }
    }
}
