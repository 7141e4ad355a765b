import EventLoop
import Glibc

/// A thread that owns a connection and runs jobs on it in order. A writer runs all waiting jobs in one transaction.
///
/// `@unchecked Sendable`: `jobs` and `isFinished` are touched only with `mutex` held, the connection only by the
/// thread.
final class WorkQueue: @unchecked Sendable {
    struct Job: Sendable {
        let body: @Sendable (Connection) throws -> Void
        let completion: @Sendable ((any Error)?) -> Void
    }

    /// The most jobs in one transaction, so that a flood of jobs cannot hold the write lock for long.
    private static let groupLimit = 512

    private let mutex = UnsafeMutablePointer<pthread_mutex_t>.allocate(capacity: 1)
    private let condition = UnsafeMutablePointer<pthread_cond_t>.allocate(capacity: 1)
    private var jobs: [Job] = []
    private var isFinished = false
    private var connection: Connection?
    private let groupsInTransaction: Bool
    private var thread: LoopThread?

    init(name: String, connection: Connection, groupsInTransaction: Bool) throws(DatabaseError) {
        self.connection = connection
        self.groupsInTransaction = groupsInTransaction
        pthread_mutex_init(mutex, nil)
        pthread_cond_init(condition, nil)
        do throws(StartError) {
            thread = try startThread(named: name) { self.work() }
        } catch { throw .cannotOpen(error.description) }
    }

    deinit {
        pthread_mutex_destroy(mutex)
        pthread_cond_destroy(condition)
        mutex.deallocate()
        condition.deallocate()
    }

    func add(_ job: Job) {
        pthread_mutex_lock(mutex)
        let isTooLate = isFinished
        if !isTooLate {
            jobs.append(job)
            if jobs.count == 1 { pthread_cond_signal(condition) }
        }
        pthread_mutex_unlock(mutex)
        if isTooLate { job.completion(DatabaseError.closed) }
    }

    /// Runs what is queued, then ends the thread and closes the connection.
    func finish() {
        pthread_mutex_lock(mutex)
        let wasFinished = isFinished
        isFinished = true
        pthread_cond_signal(condition)
        pthread_mutex_unlock(mutex)
        if !wasFinished { thread?.join() }
    }

    private func work() {
        while true {
            pthread_mutex_lock(mutex)
            while jobs.isEmpty, !isFinished { pthread_cond_wait(condition, mutex) }
            let group = Array(jobs.prefix(Self.groupLimit))
            jobs.removeFirst(group.count)
            pthread_mutex_unlock(mutex)
            guard !group.isEmpty, let connection else { break }
            if groupsInTransaction { runGroup(group, on: connection) } else { runEach(group, on: connection) }
        }
        connection = nil
    }

    private func runEach(_ group: [Job], on connection: Connection) {
        for job in group {
            do {
                try job.body(connection)
                job.completion(nil)
            } catch { job.completion(error) }
        }
    }

    /// Runs one transaction. A failing job is rolled back alone, and no job is told of success before the commit.
    private func runGroup(_ group: [Job], on connection: Connection) {
        var outcomes: [(any Error)?] = []
        do {
            try connection.execute("BEGIN IMMEDIATE")
            for job in group { outcomes.append(try runInSavepoint(job, on: connection)) }
            try connection.execute("COMMIT")
            for (job, outcome) in zip(group, outcomes) { job.completion(outcome) }
        } catch {
            try? connection.execute("ROLLBACK")
            for job in group { job.completion(error) }
        }
    }

    private func runInSavepoint(_ job: Job, on connection: Connection) throws -> (any Error)? {
        try connection.execute("SAVEPOINT job")
        do {
            try job.body(connection)
        } catch {
            do {
                try connection.execute("ROLLBACK TO job")
                try connection.execute("RELEASE job")
            } catch _ {
                // A full disk or an I/O error has ended the whole transaction: every job gets that error.
                throw error
            }
            return error
        }
        try connection.execute("RELEASE job")
        return nil
    }
}
