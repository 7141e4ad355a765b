import CLinux
import Glibc

/// Why the process lacks something that it needs to run.
package enum StartError: Error, Equatable, CustomStringConvertible {
    /// The system cannot start another thread.
    case noThread(name: String, reason: String)
    /// The system provides no descriptors for a loop.
    case noDescriptors

    package var description: String {
        switch self {
        case .noThread(let name, let reason):
            "the system gives no thread '\(name)' (\(reason)); raise its limit of threads (ulimit -u, pids.max)"
        case .noDescriptors: "the system gives no descriptors for an event loop; raise their limit (ulimit -n)"
        }
    }
}

/// Starts a thread with a name.
package typealias ThreadStarter =
    @Sendable (
        _ name: String, _ run: @escaping @Sendable () -> Void
    ) throws(StartError) -> LoopThread

/// A started POSIX thread.
package struct LoopThread: Sendable {
    private let handle: UInt

    fileprivate init(handle: pthread_t) { self.handle = UInt(handle) }

    /// Waits until the thread ends. Call it at most once.
    package func join() { pthread_join(pthread_t(handle), nil) }

    /// Lets the thread free its own resources when it ends.
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

/// Starts a POSIX thread. Its name is cut to 15 bytes, Linux's limit.
package func startThread(
    named name: String, _ run: @escaping @Sendable () -> Void
) throws(StartError) -> LoopThread {
    var thread = pthread_t()
    let body = Unmanaged.passRetained(ThreadBody(name: String(name.prefix(15)), run: run))
    let status = pthread_create(
        &thread, nil,
        { argument in
            if let argument {
                let body = Unmanaged<ThreadBody>.fromOpaque(argument).takeRetainedValue()
                oneapi_name_thread(body.name)
                body.run()
            }
            return nil
        }, body.toOpaque())
    guard status == 0 else {
        body.release()
        throw .noThread(name: name, reason: String(cString: strerror(status)))
    }
    return LoopThread(handle: thread)
}
