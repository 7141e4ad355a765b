import CLinux
import Glibc

/// Why something that the process needs to run at all is not there.
package enum StartError: Error, Equatable, CustomStringConvertible {
    /// The system gives no further thread.
    case noThread(name: String, reason: String)
    /// The system gives no descriptors for a loop.
    case noDescriptors

    package var description: String {
        switch self {
        case .noThread(let name, let reason):
            "the system gives no thread '\(name)' (\(reason)); raise its limit of threads (ulimit -u, pids.max)"
        case .noDescriptors: "the system gives no descriptors for an event loop; raise their limit (ulimit -n)"
        }
    }
}

/// Starts a thread of that name.
package typealias ThreadStarter =
    @Sendable (
        _ name: String, _ run: @escaping @Sendable () -> Void
    ) throws(StartError) -> LoopThread

/// A started POSIX thread.
package struct LoopThread: Sendable {
    private let handle: UInt

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
