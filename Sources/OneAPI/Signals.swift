import CLinux
import EventLoop
import Foundation
import Gateway

/// How the process reacts to signals. Call `oneapi_block_signals` before any thread starts.
enum Signals {
    /// In nanoseconds. A terminal and a supervisor may both send a signal for the same stop. A signal that comes this
    /// much later than the first is a new one, from somebody who does not want to wait.
    private static let apart: UInt64 = 1_000_000_000

    /// Returns at the first SIGTERM or SIGINT. A later one ends the process at once with status 128 plus its number.
    /// That loses no charges: they are in the journal by then, as after a kill, and the next start applies them. SIGHUP
    /// reopens the log file at any time.
    /// - Throws: if the system gives no thread for this.
    static func firstToEnd(_ log: Log) async throws {
        try await withCheckedThrowingContinuation { (continuation: CheckedContinuation<Void, any Error>) in
            do throws(StartError) {
                try wait(log, continuation).detach()
            } catch { continuation.resume(throwing: error) }
        }
    }

    private static func wait(
        _ log: Log, _ continuation: CheckedContinuation<Void, any Error>
    ) throws(StartError) -> LoopThread {
        try startThread(named: "signals") {
            waitToEnd(log)
            let first = oneapi_monotonic_ns()
            continuation.resume()
            var number = waitToEnd(log)
            while oneapi_monotonic_ns() &- first < apart { number = waitToEnd(log) }
            FileHandle.standardError.write(Data("one-api: ended at once by a second signal\n".utf8))
            _exit(128 &+ number)
        }
    }

    @discardableResult
    private static func waitToEnd(_ log: Log) -> Int32 {
        while true {
            let number = oneapi_wait_signal()
            if number != SIGHUP { return number }
            log.reopen()
        }
    }
}
