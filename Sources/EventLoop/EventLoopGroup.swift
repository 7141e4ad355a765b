import CLinux
import Glibc
import Synchronization

/// The loops of a process, each on a thread of its own.
package final class EventLoopGroup: Sendable {
    /// All loops, in order of `index`.
    package let loops: [EventLoop]
    private let threads = Mutex<[LoopThread]>([])
    private let turn = Mutex(0)

    /// - Parameter count: number of loops, at least one; usually one per core.
    package init(count: Int) {
        loops = (0..<max(1, count)).map { EventLoop(index: $0) }
    }

    /// Starts a thread per loop.
    package func start() {
        threads.withLock { threads in
            guard threads.isEmpty else { return }
            for loop in loops {
                threads.append(startThread(named: "loop-\(loop.index)") { loop.run() })
            }
        }
    }

    /// The loops in turn, for work that belongs to none.
    package func next() -> EventLoop {
        let index = turn.withLock { value in
            value = (value + 1) % loops.count
            return value
        }
        return loops[index]
    }

    /// Ends the loops and waits for their threads.
    package func stop() {
        for loop in loops { loop.stop() }
        let ended = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in ended { thread.join() }
    }
}

/// A started POSIX thread.
package struct LoopThread: Sendable {
    fileprivate let handle: UInt

    fileprivate init(handle: pthread_t) { self.handle = UInt(handle) }

    /// Waits for the thread's end; at most once.
    package func join() { pthread_join(pthread_t(handle), nil) }

    /// Lets the thread clean up after itself.
    package func detach() { pthread_detach(pthread_t(handle)) }
}

private final class ThreadBody {
    let name: String
    let run: @Sendable () -> Void
    init(name: String, run: @escaping @Sendable () -> Void) {
        self.name = name
        self.run = run
    }
}

/// Starts a POSIX thread; its name is cut to 15 bytes as Linux demands.
package func startThread(named name: String, _ run: @escaping @Sendable () -> Void) -> LoopThread {
    var thread = pthread_t()
    let body = Unmanaged.passRetained(ThreadBody(name: String(name.prefix(15)), run: run))
    pthread_create(
        &thread, nil,
        { argument in
            if let argument {
                let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
                oneapi_name_thread(body.name)
                body.run()
            }
            return nil
        }, body.toOpaque())
    return LoopThread(handle: thread)
}
