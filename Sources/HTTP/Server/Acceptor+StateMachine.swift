import Glibc

/// Decides when to accept connections, without a socket.
///
/// `accepting` until the most connections are open or the process has no descriptor left. Then `resting`, since the
/// listening socket stays readable and would wake the loop again and again. `closed` from the drain on.
struct AcceptorStateMachine {
    enum Phase: Equatable { case accepting, resting, closed }

    /// What to do after an attempt to accept.
    enum Step: Equatable {
        case open
        case again
        /// No client waits.
        case stop
        /// A client waits but cannot be accepted: stop listening for a while.
        case rest
    }

    private(set) var phase = Phase.accepting
    private(set) var count = 0
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    var mayAccept: Bool { phase == .accepting && count < limit }

    /// - Parameter result: a descriptor or a negative `errno`.
    mutating func accepted(_ result: Int32) -> Step {
        if result >= 0 {
            count += 1
            return .open
        }
        switch -result {
        case EAGAIN: return .stop
        case EMFILE, ENFILE, ENOBUFS, ENOMEM:
            phase = .resting
            return .rest
        // The client has disconnected, or a signal arrived. The next attempt may succeed.
        default: return .again
        }
    }

    /// - Returns: whether to stop listening for a while.
    mutating func becameFull() -> Bool {
        guard phase == .accepting, count >= limit else { return false }
        phase = .resting
        return true
    }

    /// A connection ended.
    /// - Returns: whether to listen again.
    mutating func removed() -> Bool {
        count -= 1
        return resume()
    }

    /// Checks whether there is room again, also because others have closed descriptors.
    /// - Returns: whether to listen again.
    mutating func resume() -> Bool {
        guard phase == .resting, count < limit else { return false }
        phase = .accepting
        return true
    }

    mutating func close() { phase = .closed }
}
