import Synchronization
import TestKit
import Testing

/// Blocks tasks until a test opens it. The waits of a test are limited, so that a broken server fails the test.
final class Gate: Sendable {
    private struct State {
        var hasArrived = false
        var isOpen = false
        var atGate: [CheckedContinuation<Void, Never>] = []
    }

    private let state = Mutex(State())

    var isOpen: Bool { state.withLock { $0.isOpen } }

    /// Waits until the gate is open.
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

    /// Waits until a task has come to the gate.
    func arrived() async {
        if !(await eventually { state.withLock { $0.hasArrived } }) { Issue.record("nobody came to the gate") }
    }

    /// Waits until the gate was opened.
    func opened() async {
        if !(await eventually { isOpen }) { Issue.record("nobody opened the gate") }
    }
}
