import EventLoop
import Glibc

/// What work on large bodies may take of the machine.
package struct BodyWorkLimits: Sendable, Equatable {
    /// `nil`: one per core, two at least.
    package var threads: Int?
    /// Bodies that may wait for a thread; of one user an eighth of it.
    package var waiting = 256

    package init() {}

    /// Workers, one of which is always free of any one user where there are several.
    func pool() -> WorkPool {
        let threads = threads ?? max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return WorkPool(
            threads: threads, named: "body",
            limits: .init(waiting: waiting, waitingOfOne: max(1, waiting / 8), runningOfOne: max(1, threads - 1)),
            isBackground: true)
    }
}
