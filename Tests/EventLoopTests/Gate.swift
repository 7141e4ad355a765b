import Glibc
import Synchronization

/// Blocks a worker until a test opens it.
final class Gate: Sendable {
    private let state = Mutex((isReached: false, isOpen: false))

    var isReached: Bool { state.withLock { $0.isReached } }

    /// Blocks its thread, for twenty seconds at most.
    func wait() {
        for _ in 0..<20_000 {
            let isOpen = state.withLock { state in
                state.isReached = true
                return state.isOpen
            }
            if isOpen { return }
            usleep(1000)
        }
    }

    func open() { state.withLock { $0.isOpen = true } }
}
