import Glibc

/// A program that runs beside the test until it is told to end. It is killed when this object is destroyed.
package final class Child {
    private var process: pid_t = -1
    /// The status from `waitpid`; `nil` while it runs.
    private var outcome: Int32?
    private let directory: String

    /// Starts a program from the folder of the test's own executable. Its output goes to the files `output` and
    /// `errors`.
    /// - Parameters:
    ///   - directory: its working directory.
    ///   - environment: its whole environment.
    package init(_ name: String, _ arguments: [String] = [], in directory: String, environment: [String: String] = [:])
    {
        self.directory = directory
        var files = posix_spawn_file_actions_t()
        posix_spawn_file_actions_init(&files)
        defer { posix_spawn_file_actions_destroy(&files) }
        for (number, file) in [(STDOUT_FILENO, "output"), (STDERR_FILENO, "errors")] {
            posix_spawn_file_actions_addopen(
                &files, number, "\(directory)/\(file)", O_WRONLY | O_CREAT | O_APPEND, 0o600)
        }
        // The shell changes to the directory and replaces itself by the program.
        let command = ["sh", "-c", #"cd "$0" && exec "$@""#, directory, Self.folder + name]
        var words = (command + arguments).map { strdup($0) } + [nil]
        var variables = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in words + variables { free(text) } }
        if posix_spawn(&process, "/bin/sh", &files, nil, &words, &variables) != 0 { process = -1 }
    }

    deinit {
        guard process > 0, outcome == nil else { return }
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }

    private static let folder: String = {
        var path = [CChar](repeating: 0, count: 4096)
        let count = max(0, readlink("/proc/self/exe", &path, path.count))
        let words = path[..<count].map { UInt8(bitPattern: $0) }.split(separator: 0x2f).dropLast()
        return "/" + words.map { String(decoding: $0, as: UTF8.self) + "/" }.joined()
    }()

    package var output: String { String(decoding: readFile(directory + "/output"), as: UTF8.self) }
    package var errors: String { String(decoding: readFile(directory + "/errors"), as: UTF8.self) }

    package func send(_ signal: Int32) {
        if process > 0, isRunning { kill(process, signal) }
    }

    package var isRunning: Bool {
        var status: Int32 = 0
        if process > 0, outcome == nil, waitpid(process, &status, WNOHANG) == process { outcome = status }
        return process > 0 && outcome == nil
    }

    /// The exit status, or 256 plus the number of the signal that ended it; `nil` if it still runs after this many
    /// seconds.
    package func ended(within seconds: Int = 30) -> Int32? {
        guard Self.isTrue(within: seconds, { !isRunning }), let outcome else { return nil }
        return outcome & 0x7f == 0 ? outcome >> 8 & 0xff : 256 + (outcome & 0x7f)
    }

    /// Whether a condition becomes true within this time.
    package static func isTrue(within seconds: Int = 30, _ condition: () -> Bool) -> Bool {
        for _ in 0..<(seconds * 50) {
            if condition() { return true }
            usleep(20_000)
        }
        return condition()
    }
}
