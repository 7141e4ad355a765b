import Arithmetic
import CLinux
import Glibc
import Synchronization

/// Receives the events of a descriptor, on the loop that registered it.
package protocol EventSource: AnyObject {
    /// - Parameter events: the epoll bits (`EPOLLIN`, `EPOLLOUT`, `EPOLLRDHUP`…).
    func ready(_ events: UInt32)
}

/// One thread with one epoll instance. It is the task executor of everything that runs there.
///
/// A connection, its request handler, and the upstream transfers that the handler starts all live on one loop, so
/// none of their state is shared. `@unchecked Sendable`: every mutable property but `inbox` is touched only by the
/// loop's own thread (`assertInLoop` guards the entry points), and `inbox` is a mutex.
package final class EventLoop: TaskExecutor, @unchecked Sendable {
    private struct Inbox {
        var jobs: [UnownedJob] = []
        var closures: [@Sendable () -> Void] = []
        var isAwake = false
        var isStopping = false
    }

    private struct Slot {
        var source: (any EventSource)?
        var generation: UInt32 = 0
    }

    private let epoll: Int32
    private let wakeup: Int32
    private let inbox = Mutex(Inbox())
    private var jobs: [UnownedJob] = []
    private var runningJobs: [UnownedJob] = []
    private var slots: [Slot] = []
    private var timers = TimerHeap()
    private var deadlines: [LoopDeadline] = []
    /// Position of this loop in its group.
    package let index: Int
    /// Monotonic nanoseconds at the start of the current turn of the loop.
    package private(set) var now: UInt64
    /// Values that live as long as the loop and are used only on it (parsers, date caches), by type.
    private var locals: [ObjectIdentifier: AnyObject] = [:]

    package init(index: Int = 0) {
        self.index = index
        epoll = epoll_create1(Int32(EPOLL_CLOEXEC))
        wakeup = oneapi_eventfd()
        now = oneapi_monotonic_ns()
        _ = oneapi_epoll_ctl(epoll, EPOLL_CTL_ADD, wakeup, EPOLLIN.rawValue, .max)
    }

    deinit {
        close(wakeup)
        close(epoll)
    }

    /// Whether the system provided the descriptors that a loop needs.
    package var isUsable: Bool { epoll >= 0 && wakeup >= 0 }

    /// The loop of the current thread.
    package static var current: EventLoop? {
        oneapi_thread_value().map { Unmanaged<EventLoop>.fromOpaque($0).takeUnretainedValue() }
    }

    /// The current monotonic nanoseconds. `now` is cheaper if the time at the start of the turn is enough.
    package static func monotonicNow() -> UInt64 { oneapi_monotonic_ns() }

    package var isCurrent: Bool { oneapi_thread_value() == Unmanaged.passUnretained(self).toOpaque() }

    /// Traps in debug builds if it is not called on the loop.
    package func assertInLoop() { assert(isCurrent, "called off its event loop") }

    // MARK: Work

    package func enqueue(_ job: consuming ExecutorJob) {
        let unowned = UnownedJob(job)
        if isCurrent {
            jobs.append(unowned)
            return
        }
        wakeIfNeeded {
            $0.jobs.append(unowned)
        }
    }

    /// Runs `body` on the loop soon. Call it from any thread.
    package func submit(_ body: @escaping @Sendable () -> Void) {
        wakeIfNeeded { $0.closures.append(body) }
    }

    /// Starts an async function that stays on this loop.
    package func spawn(_ body: sending @escaping () async -> Void) {
        _ = Task(executorPreference: self, operation: body)
    }

    private func wakeIfNeeded(_ change: (inout Inbox) -> Void) {
        let mustWake = inbox.withLock { inbox in
            change(&inbox)
            defer { inbox.isAwake = true }
            return !inbox.isAwake
        }
        if mustWake {
            var one: UInt64 = 1
            _ = write(wakeup, &one, 8)
        }
    }

    // MARK: Descriptors

    /// Registers a descriptor. Its events go to `source` until `deregister`.
    package func register(_ descriptor: Int32, events: UInt32, source: any EventSource) {
        assertInLoop()
        let index = Int(descriptor)
        while slots.count <= index { slots.append(Slot()) }
        slots[index].generation &+= 1
        slots[index].source = source
        _ = oneapi_epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, events, tag(descriptor))
    }

    package func modify(_ descriptor: Int32, events: UInt32) {
        _ = oneapi_epoll_ctl(epoll, EPOLL_CTL_MOD, descriptor, events, tag(descriptor))
    }

    /// Removes a descriptor. `isClosed` says that the kernel has dropped it already.
    package func deregister(_ descriptor: Int32, isClosed: Bool = false) {
        let index = Int(descriptor)
        guard index < slots.count, slots[index].source != nil else { return }
        slots[index].source = nil
        slots[index].generation &+= 1
        if !isClosed { _ = oneapi_epoll_ctl(epoll, EPOLL_CTL_DEL, descriptor, 0, 0) }
    }

    private func tag(_ descriptor: Int32) -> UInt64 {
        UInt64(slots[Int(descriptor)].generation) << 32 | UInt64(UInt32(bitPattern: descriptor))
    }

    // MARK: Time

    /// Calls `body` on the loop after `duration`. Call it on the loop.
    @discardableResult
    package func schedule(after duration: Duration, _ body: @escaping () -> Void) -> LoopTimer {
        assertInLoop()
        let timer = LoopTimer(at: oneapi_monotonic_ns().plus(duration.nanoseconds), body: body)
        timers.insert(timer)
        return timer
    }

    /// Suspends the calling task. Other work of the loop continues.
    package func sleep(for duration: Duration) async {
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            schedule(after: duration) { continuation.resume() }
        }
    }

    /// Adds a deadline that its owner can move at almost no cost. A loop should have only a few.
    package func add(_ deadline: LoopDeadline) {
        assertInLoop()
        deadlines.append(deadline)
    }

    /// The loop's own instance of a type, created on first use. Call it on the loop.
    package func local<T: AnyObject>(_ type: T.Type, make: () -> T) -> T {
        assertInLoop()
        if let found = locals[ObjectIdentifier(type)] as? T { return found }
        let made = make()
        locals[ObjectIdentifier(type)] = made
        return made
    }

    // MARK: The turn

    /// Runs the loop on the calling thread until `stop`.
    package func run() {
        oneapi_set_thread_value(Unmanaged.passUnretained(self).toOpaque())
        var events = [UInt32](repeating: 0, count: 256)
        var tags = [UInt64](repeating: 0, count: 256)
        while true {
            let count = oneapi_epoll_wait(epoll, &events, &tags, 256, waitTime())
            now = oneapi_monotonic_ns()
            if count > 0 {
                for index in 0..<Int(count) { dispatch(tag: tags[index], events: events[index]) }
            }
            fireTimers()
            if takeInbox() { break }
            runJobs()
        }
        locals.removeAll()
        oneapi_set_thread_value(nil)
    }

    /// Ends `run` after the current turn.
    package func stop() {
        wakeIfNeeded { $0.isStopping = true }
    }

    /// The longest sleep of a loop in nanoseconds. epoll takes milliseconds in 32 bits.
    private static let longestWait: UInt64 = 60_000_000_000

    private func waitTime() -> Int64 {
        if !jobs.isEmpty { return 0 }
        var next = timers.next ?? .max
        for deadline in deadlines where deadline.at < next { next = deadline.at }
        if next == .max { return -1 }
        let current = oneapi_monotonic_ns()
        return next <= current ? 0 : Int64(clamping: min(next &- current, Self.longestWait))
    }

    private func dispatch(tag: UInt64, events: UInt32) {
        if tag == .max {
            var value: UInt64 = 0
            _ = read(wakeup, &value, 8)
            return
        }
        let index = Int(tag & 0xffff_ffff)
        // If a descriptor was closed and reused within this turn, its old events carry an older generation.
        guard index < slots.count, slots[index].generation == UInt32(tag >> 32) else { return }
        slots[index].source?.ready(events)
        if !jobs.isEmpty { runJobs() }
    }

    private func fireTimers() {
        for deadline in deadlines where deadline.at <= now {
            deadline.at = .max
            deadline.fire()
        }
        while let timer = timers.popDue(at: now) { timer.fire() }
    }

    private func takeInbox() -> Bool {
        let (taken, closures, isStopping) = inbox.withLock { inbox in
            defer {
                inbox.jobs.removeAll(keepingCapacity: false)
                inbox.closures.removeAll(keepingCapacity: false)
                inbox.isAwake = false
            }
            return (inbox.jobs, inbox.closures, inbox.isStopping)
        }
        jobs.append(contentsOf: taken)
        for closure in closures { closure() }
        return isStopping
    }

    private func runJobs() {
        let executor = asUnownedTaskExecutor()
        while !jobs.isEmpty {
            swap(&jobs, &runningJobs)
            for job in runningJobs { job.runSynchronously(on: executor) }
            runningJobs.removeAll(keepingCapacity: true)
        }
    }
}
