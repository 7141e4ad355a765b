import Glibc

/// When to accept connections, without a socket.
///
/// `accepting` until there are as many as may be, or the process has no descriptor left; then `resting`, since the
/// listening socket stays readable and would wake the loop without end; `closed` from the drain on.
struct AcceptorStateMachine {
    enum Phase: Equatable { case accepting, resting, closed }

    /// What to do after a try to accept.
    enum Step: Equatable {
        case open
        case again
        /// Nobody waits.
        case stop
        /// Somebody waits in vain: do not listen for a while.
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
        // The client gave up meanwhile, or a signal came: the next may be well.
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

    /// Looks whether there is room again, of descriptors that others have given back too.
    /// - Returns: whether to listen again.
    mutating func resume() -> Bool {
        guard phase == .resting, count < limit else { return false }
        phase = .accepting
        return true
    }

    mutating func close() { phase = .closed }
}
