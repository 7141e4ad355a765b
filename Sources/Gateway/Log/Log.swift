import EventLoop
import Glibc
import Synchronization

/// The application log. Its own thread writes lines to standard output or error and to a file, so that a slow disk
/// never delays a request (spec/configuration.md §8).
package final class Log: Sendable {
    package enum Level: String, Sendable {
        case debug = "DEBUG"
        case info = "INFO"
        case warning = "WARN"
        case error = "ERROR"
    }

    private struct Pending {
        var output: [UInt8] = []
        var errors: [UInt8] = []
        var isReopening = false
        var isStopping = false
    }

    /// Lines are dropped beyond this many unwritten bytes, so that they do not fill the memory.
    private static let limit = 16 << 20

    private let pending = Mutex(Pending())
    private let wakeup = Semaphore()
    private let showsDebug: Bool
    private let echoes: Bool
    private let thread = Mutex<LoopThread?>(nil)
    private let failure = Mutex<String?>(nil)

    /// - Parameters:
    ///   - directory: the directory of the files; `nil` for no files.
    ///   - isOneFile: whether to write `oneapi.log` instead of a file for each day.
    ///   - echoes: whether to write to the standard streams too.
    package init(directory: String?, isOneFile: Bool = false, showsDebug: Bool = false, echoes: Bool = true) {
        self.showsDebug = showsDebug
        self.echoes = echoes
        var file = directory.map { LogFile(directory: $0, isOneFile: isOneFile) }
        if case .failed(let path, let reason)? = file?.prepare(day: LocalTime.now().dayDigits, isReopening: false) {
            failure.withLock { $0 = "the log file \(path) cannot be written: \(reason)" }
        }
        do throws(StartError) {
            let started = try startThread(named: "log") { [file] in self.run(file) }
            thread.withLock { $0 = started }
        } catch { failure.withLock { $0 = error.description } }
    }

    /// Why the log cannot be written at all, or not to its file.
    package var problem: String? { failure.withLock { $0 } }

    /// - Parameters:
    ///   - message: a constant text. Values go into `fields`, which must hold no secrets.
    package func write(
        _ level: Level, _ message: StaticString, requestID: String = "-", _ fields: KeyValuePairs<String, String> = [:]
    ) {
        guard level != .debug || showsDebug else { return }
        var line = "[\(level.rawValue)] \(LocalTime.now().logText) | \(requestID) | \(message)"
        for (name, value) in fields { line += " \(name)=\(value.filter { !$0.isNewline })" }
        add(Array(line.utf8), isError: level != .info)
    }

    /// Writes one line for each request, without its query, which may hold secrets.
    package func access(
        requestID: String, status: Int, microseconds: UInt64, address: String, method: String, path: String
    ) {
        // Write directly into the buffer, since every request does this.
        let time = LocalTime.now().logText
        let mustWake = pending.withLock { pending -> Bool in
            let size = pending.output.count + pending.errors.count
            guard size < Self.limit else { return false }
            pending.output.append(contentsOf: "[GIN] ".utf8)
            pending.output.append(contentsOf: time.utf8)
            pending.output.append(contentsOf: " | ".utf8)
            pending.output.append(contentsOf: requestID.utf8)
            pending.output.append(contentsOf: " | ".utf8)
            pending.output.append(decimal: UInt64(max(0, status)))
            pending.output.append(contentsOf: " | ".utf8)
            pending.output.append(decimal: microseconds / 1000)
            pending.output.append(0x2e)
            pending.output.append(decimal: microseconds % 1000, digits: 3)
            pending.output.append(contentsOf: "ms | ".utf8)
            pending.output.append(contentsOf: address.utf8)
            pending.output.append(contentsOf: " | ".utf8)
            pending.output.append(contentsOf: method.utf8)
            pending.output.append(0x20)
            pending.output.append(contentsOf: path.utf8)
            pending.output.append(0x0a)
            return size == 0
        }
        if mustWake { wakeup.signal() }
    }

    private func add(_ line: [UInt8], isError: Bool) {
        let mustWake = pending.withLock { pending -> Bool in
            let size = pending.output.count + pending.errors.count
            guard size < Self.limit else { return false }
            if isError {
                pending.errors += line
                pending.errors.append(0x0a)
            } else {
                pending.output += line
                pending.output.append(0x0a)
            }
            return size == 0
        }
        if mustWake { wakeup.signal() }
    }

    /// Opens the log file again, because logrotate has renamed it or somebody has removed it. Returns at once. If
    /// opening fails, lines go to the file that is open.
    package func reopen() {
        pending.withLock { $0.isReopening = true }
        wakeup.signal()
    }

    /// Writes the remaining lines and ends the thread.
    package func close() {
        pending.withLock { $0.isStopping = true }
        wakeup.signal()
        let running = thread.withLock { thread in
            defer { thread = nil }
            return thread
        }
        running?.join()
    }

    private func run(_ opened: LogFile?) {
        var file = opened
        while true {
            wakeup.wait()
            let isLast = pending.withLock { $0.isStopping }
            // Collect the lines of a few milliseconds and write them together.
            if !isLast { usleep(50_000) }
            let isReopening = pending.withLock { pending in
                defer { pending.isReopening = false }
                return pending.isReopening
            }
            // Write this before the lines are taken, so that the new file begins with it.
            if let outcome = file?.prepare(day: LocalTime.now().dayDigits, isReopening: isReopening) { report(outcome) }
            let (output, errors) = pending.withLock { pending in
                defer {
                    pending.output = []
                    pending.errors = []
                }
                return (pending.output, pending.errors)
            }
            if echoes {
                writeAll(output, to: STDOUT_FILENO)
                writeAll(errors, to: STDERR_FILENO)
            }
            if let descriptor = file?.descriptor { writeAll(output + errors, to: descriptor) }
            if isLast { break }
        }
        file?.close()
    }

    private func report(_ outcome: LogFile.Outcome) {
        switch outcome {
        case .reopened(let path): write(.info, "the log file was reopened", ["file": path])
        case .failed(let path, let reason):
            write(
                .error, "the log file cannot be opened; lines go on into the one that is open, if any",
                ["file": path, "reason": reason])
        }
    }

    private func writeAll(_ bytes: [UInt8], to descriptor: Int32) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.write(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent)
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            sent += count
        }
    }
}

/// A counting semaphore of the C library.
///
/// `@unchecked Sendable`: threads may share a `sem_t`, and it stays at one address.
private final class Semaphore: @unchecked Sendable {
    private let semaphore = UnsafeMutablePointer<sem_t>.allocate(capacity: 1)
    init() { sem_init(semaphore, 0, 0) }
    deinit {
        sem_destroy(semaphore)
        semaphore.deallocate()
    }
    func signal() { sem_post(semaphore) }
    func wait() { while sem_wait(semaphore) != 0 {} }
}

extension [UInt8] {
    /// Appends a decimal number, padded with zeros to this many digits.
    fileprivate mutating func append(decimal number: UInt64, digits: Int = 1) {
        var divisor: UInt64 = 1
        var count = 1
        while count < digits || number / divisor >= 10 {
            divisor *= 10
            count += 1
        }
        while divisor > 0 {
            append(0x30 + UInt8(truncatingIfNeeded: number / divisor % 10))
            divisor /= 10
        }
    }
}
