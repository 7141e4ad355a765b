import Synchronization

extension WorkPool {
    /// Does the same with a time limit. Call it on `loop`. Work that is running when the time is over goes on and keeps
    /// its thread; waiting work never starts.
    /// - Returns: `nil` if the time was over first.
    package func run<T: Sendable>(
        of owner: Int64, within limit: Duration, on loop: EventLoop, _ body: @escaping @Sendable () -> T
    ) async throws(Full) -> T? {
        var timer: LoopTimer?
        let answer = await withUnsafeContinuation { (continuation: UnsafeContinuation<Answer<T>, Never>) in
            let asker = Asker(continuation)
            timer = loop.schedule(after: limit) { asker.tell(.late) }
            let isTaken = submit(of: owner) { isServed in
                guard asker.waits else { return }
                asker.tell(isServed ? .done(body()) : .refused)
            }
            if !isTaken { asker.tell(.refused) }
        }
        timer?.cancel()
        switch answer {
        case .done(let value): return value
        case .late: return nil
        case .refused: throw Full()
        }
    }

    private enum Answer<T: Sendable>: Sendable {
        case done(T)
        case late, refused
    }

    /// Only the first answer counts.
    private final class Asker<T: Sendable>: Sendable {
        private let continuation: Mutex<UnsafeContinuation<Answer<T>, Never>?>

        init(_ continuation: UnsafeContinuation<Answer<T>, Never>) { self.continuation = Mutex(continuation) }

        var waits: Bool { continuation.withLock { $0 != nil } }

        func tell(_ answer: Answer<T>) {
            let waiting = continuation.withLock { continuation in
                defer { continuation = nil }
                return continuation
            }
            waiting?.resume(returning: answer)
        }
    }
}
