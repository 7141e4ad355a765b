import Arithmetic
import Synchronization

/// A circuit breaker for one channel.
///
/// States: closed (fewer failures than the limit); open until a time (the channel is used only if no other can serve);
/// after that time closed on trial (the next failure opens it at once).
final class ChannelHealth: Sendable {
    private struct State {
        var failures = 0
        var openUntil: UInt64 = 0
        var isBeingDisabled = false
    }

    static let failureLimit = 5
    static let coolDown: UInt64 = 10_000_000_000

    private let state = Mutex(State())

    /// - Parameter now: monotonic nanoseconds.
    func isOpen(at now: UInt64) -> Bool { state.withLock { $0.openUntil > now } }

    func succeeded() {
        state.withLock { state in
            if state.failures != 0 { (state.failures, state.openUntil) = (0, 0) }
        }
    }

    /// - Returns: whether the caller may disable the channel, since no other task is doing that. The caller must then
    ///   call `endDisabling`.
    func beginDisabling() -> Bool {
        state.withLock { state in
            defer { state.isBeingDisabled = true }
            return !state.isBeingDisabled
        }
    }

    func endDisabling() { state.withLock { $0.isBeingDisabled = false } }

    /// - Parameter retryAfter: the seconds that the upstream asked for; more than a minute counts as a minute.
    func failed(at now: UInt64, retryAfter: Int? = nil) {
        state.withLock { state in
            state.failures = state.failures.plus(1)
            if let retryAfter, retryAfter > 0 {
                state.openUntil = now.plus(UInt64(min(retryAfter, 60)) * 1_000_000_000)
            } else if state.failures >= Self.failureLimit {
                state.openUntil = now.plus(Self.coolDown)
            }
        }
    }
}
