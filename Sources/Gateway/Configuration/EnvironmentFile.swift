import Glibc

/// The file `.env` in the working directory. Variables that are already set take precedence (spec/configuration.md §1).
package enum EnvironmentFile {
    /// The largest file in bytes. No settings are that long, so a larger file must be something else.
    package static let limit = 1 << 20

    /// The variables of a file in the order of their first lines. If a name occurs twice, its last value counts.
    /// - Parameters:
    ///   - environment: the values for `${NAME}` if the file has not set the name before.
    /// - Returns: nothing if the file does not exist or is not a regular file.
    /// - Throws: what is wrong with the file. The gateway must not start without settings that the operator relies on.
    package static func variables(
        at path: String, environment: [String: String] = [:]
    ) throws(ConfigurationError) -> [(name: String, value: String)] {
        try variables(in: try read(path), of: path, environment: environment)
    }

    private static func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
        func failure(_ what: String) -> ConfigurationError { ConfigurationError(message: "\(path) \(what)") }
        func failure() -> ConfigurationError { failure("cannot be read: \(String(cString: strerror(errno)))") }
        var facts = stat()
        guard stat(path, &facts) == 0 else {
            // A broken link is an error, since the operator relies on the file that it should lead to.
            let reason = failure()
            if errno == ENOENT, lstat(path, &facts) != 0 { return [] }
            throw reason
        }
        // Reading a pipe would block the start until somebody writes to it.
        guard facts.st_mode & S_IFMT == S_IFREG else { return [] }
        guard let file = fopen(path, "rbe") else { throw failure() }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        if ferror(file) != 0 { throw failure() }
        if count > limit { throw failure("is larger than \(limit) bytes, so that it holds no settings") }
        return Array(bytes.prefix(count))
    }

    /// - Parameter path: the name of the file in error messages.
    package static func variables(
        in bytes: [UInt8], of path: String = ".env", environment: [String: String] = [:]
    ) throws(ConfigurationError) -> [(name: String, value: String)] {
        var parser = EnvironmentParser(try text(bytes, path), path: path, environment: environment)
        return try parser.parse()
    }

    private static func text(_ bytes: [UInt8], _ path: String) throws(ConfigurationError) -> [UInt8] {
        let content = bytes.dropFirst(bytes.starts(with: [0xef, 0xbb, 0xbf]) ? 3 : 0)
        let lines = content.split(omittingEmptySubsequences: false, whereSeparator: { $0 == 0x0a })
        for (index, line) in lines.enumerated() {
            // A variable can hold neither NUL nor invalid UTF-8, and a part of the value would be a wrong value.
            guard !line.contains(0), String(validating: line, as: UTF8.self) != nil else {
                throw ConfigurationError(message: "\(path), line \(index + 1), is not UTF-8 text")
            }
        }
        return Array(content)
    }
}
