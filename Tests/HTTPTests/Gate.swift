import Synchronization

/// Holds a task until a test lets it go; both ends can wait for the other without sleeping.
final class Gate: Sendable {
    private struct State {
        var hasArrived = false
        var isOpen = false
        var atGate: [CheckedContinuation<Void, Never>] = []
        var forArrival: [CheckedContinuation<Void, Never>] = []
        var forOpening: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    /// Waits at the gate.
    func wait() async {
        await withCheckedContinuation { continuation in
            let waiting = state.withLock { state in
                state.hasArrived = true
                if state.isOpen { state.forArrival.append(continuation) } else { state.atGate.append(continuation) }
                defer { state.forArrival = [] }
                return state.forArrival
            }
            for one in waiting { one.resume() }
        }
    }

    func arrived() async {
        await withCheckedContinuation { continuation in
            let isThere = state.withLock { state in
                if !state.hasArrived { state.forArrival.append(continuation) }
                return state.hasArrived
            }
            if isThere { continuation.resume() }
        }
    }

    var isOpen: Bool { state.withLock { $0.isOpen } }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer {
                state.atGate = []
                state.forOpening = []
            }
            return state.atGate + state.forOpening
        }
        for one in waiting { one.resume() }
    }

    func opened() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                if !state.isOpen { state.forOpening.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }
}
