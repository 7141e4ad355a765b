import Glibc

/// Appends lines to a file. Each line is one system call, so that lines of several loops never mix.
final class JournalFile: Sendable {
    private let descriptor: Int32

    /// `nil` if the file cannot be opened for appending.
    init?(path: String) {
        descriptor = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        if descriptor < 0 { return nil }
    }

    deinit { close(descriptor) }

    func append(_ line: [UInt8]) {
        var bytes = line
        bytes.append(0x0a)
        _ = bytes.withUnsafeBytes { write(descriptor, $0.baseAddress, $0.count) }
    }
}

/// The time in seconds since 1970.
func wallClock() -> Double {
    var now = timespec()
    clock_gettime(CLOCK_REALTIME, &now)
    return Double(now.tv_sec) + Double(now.tv_nsec) / 1e9
}
