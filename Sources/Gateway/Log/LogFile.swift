import Glibc

/// The file that log lines go to: a new one each day, or one for all, and opened anew on request. Used by the log's
/// thread alone.
struct LogFile {
    enum Outcome: Equatable {
        case reopened(String)
        /// The file that was open before, if any, stays in use.
        case failed(String, reason: String)
    }

    private let directory: String
    private let isOneFile: Bool
    private var name = ""
    /// `nil` while no file could be opened.
    private(set) var descriptor: Int32?

    init(directory: String, isOneFile: Bool) {
        self.directory = directory
        self.isOneFile = isOneFile
    }

    /// Opens the file where it is another day's, or where that was asked for. A file that cannot be opened is tried again
    /// on the next day or request.
    /// - Parameter day: `YYYYMMDD`.
    /// - Returns: what the operator should know; `nil` for the usual turn of the day.
    mutating func prepare(day: String, isReopening: Bool) -> Outcome? {
        let wanted = isOneFile ? "oneapi.log" : "oneapi-\(day).log"
        guard isReopening || wanted != name else { return nil }
        name = wanted
        let path = "\(directory)/\(wanted)"
        // Appending, so that a file cut to nothing (logrotate's copytruncate) is filled from its start.
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
