import Synchronization

/// The loops of a process, each on its own thread.
package final class EventLoopGroup: Sendable {
    /// All loops, in order of `index`.
    package let loops: [EventLoop]
    private let starter: ThreadStarter
    private let threads = Mutex<[LoopThread]>([])
    private let turn = Mutex(0)

    /// - Parameter count: number of loops, at least one; usually one per core.
    package init(count: Int, startThread starter: @escaping ThreadStarter = startThread(named:_:)) {
        loops = (0..<max(1, count)).map { EventLoop(index: $0) }
        self.starter = starter
    }

    /// Starts a thread for each loop. If one fails to start, ends those that were started.
    package func start() throws(StartError) {
        guard loops.allSatisfy(\.isUsable) else { throw .noDescriptors }
        do throws(StartError) {
            try threads.withLock { threads throws(StartError) in
                guard threads.isEmpty else { return }
                for loop in loops {
                    threads.append(try starter("loop-\(loop.index)") { loop.run() })
                }
            }
        } catch {
            stop()
            throw error
        }
    }

    /// Returns each loop in turn, for work that belongs to no loop.
    package func next() -> EventLoop {
        let index = turn.withLock { value in
            value = (value + 1) % loops.count
            return value
        }
        return loops[index]
    }

    /// Stops the loops and waits for their threads.
    package func stop() {
        for loop in loops { loop.stop() }
        let ended = threads.withLock { threads in
            defer { threads = [] }
            return threads
        }
        for thread in ended { thread.join() }
    }
}
