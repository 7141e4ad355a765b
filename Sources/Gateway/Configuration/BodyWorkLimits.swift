import EventLoop
import Glibc

/// How much of the machine the work on large bodies may use.
package struct BodyWorkLimits: Sendable, Equatable {
    /// `nil` means one for each core, and at least two.
    package var threads: Int?
    /// How many bodies may wait for a thread. One user may have a quarter of them.
    package var waiting = 4096

    package init() {}

    /// Makes the workers. If there are several, no user can occupy all of them.
    func pool() -> WorkPool {
        let threads = threads ?? max(2, Int(sysconf(Int32(_SC_NPROCESSORS_ONLN))))
        return WorkPool(
            threads: threads, named: "body",
            limits: .init(waiting: waiting, waitingOfOne: max(1, waiting / 4), runningOfOne: max(1, threads - 1)),
            isBackground: true)
    }
}
