import Synchronization
import TestKit
import Testing

/// Holds tasks until a test lets them go. A test waits for one only so long, so that a broken server fails it.
final class Gate: Sendable {
    private struct State {
        var hasArrived = false
        var isOpen = false
        var atGate: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Waits at the gate.
    func wait() async {
        await withCheckedContinuation { continuation in
            let isOpen = state.withLock { state in
                state.hasArrived = true
                if !state.isOpen { state.atGate.append(continuation) }
                return state.isOpen
            }
            if isOpen { continuation.resume() }
        }
    }

    func open() {
        let waiting = state.withLock { state in
            state.isOpen = true
            defer { state.atGate = [] }
            return state.atGate
        }
        for one in waiting { one.resume() }
    }

    /// Waits until somebody is at the gate.
    func arrived() async {
        if !(await eventually { state.withLock { $0.hasArrived } }) { Issue.record("nobody came to the gate") }
    }

    /// Waits until somebody opened it.
    func opened() async {
        if !(await eventually { isOpen }) { Issue.record("nobody opened the gate") }
    }
}
