import Glibc

/// The file for log lines: a new one each day or one for all days. It can be opened again on request. Only the log's
/// thread uses it.
struct LogFile {
    enum Outcome: Equatable {
        case reopened(String)
        /// The file that was open before stays in use.
        case failed(String, reason: String)
    }

    private let directory: String
    private let isOneFile: Bool
    private var name = ""
    /// `nil` if no file could be opened.
    private(set) var descriptor: Int32?

    init(directory: String, isOneFile: Bool) {
        self.directory = directory
        self.isOneFile = isOneFile
    }

    /// Opens the file if the day has changed or a reopening was requested. If that fails, it tries again on the next
    /// day or request.
    /// - Parameter day: `YYYYMMDD`.
    /// - Returns: what the operator should know; `nil` for an ordinary change of day.
    mutating func prepare(day: String, isReopening: Bool) -> Outcome? {
        let wanted = isOneFile ? "oneapi.log" : "oneapi-\(day).log"
        guard isReopening || wanted != name else { return nil }
        name = wanted
        let path = "\(directory)/\(wanted)"
        // Append, so that a truncated file (logrotate's copytruncate) is filled from its start.
        let opened = open(path, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0o644)
        guard opened >= 0 else { return .failed(path, reason: String(cString: strerror(errno))) }
        close()
        descriptor = opened
        return isReopening ? .reopened(path) : nil
    }

    mutating func close() {
        if let descriptor { Glibc.close(descriptor) }
        descriptor = nil
    }
}
