import Glibc

/// `.env` in the working directory; variables that are set already win (spec/configuration.md §1).
package enum EnvironmentFile {
    /// No settings are longer; a larger file is something else under that name.
    package static let limit = 1 << 20

    /// The variables of a file in the order of their first lines; of a name that comes twice, the last value.
    /// - Parameters:
    ///   - environment: where `${NAME}` is looked up that the file has not set before.
    /// - Returns: nothing where there is no such file, or no ordinary one.
    /// - Throws: what is wrong, rather than starting without settings that somebody believes to be in force.
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
            // A link to nowhere is there, and somebody believes in what it should lead to.
            let reason = failure()
            if errno == ENOENT, lstat(path, &facts) != 0 { return [] }
            throw reason
        }
        // A pipe would keep the start waiting for whoever writes to it.
        guard facts.st_mode & S_IFMT == S_IFREG else { return [] }
        guard let file = fopen(path, "rbe") else { throw failure() }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        if ferror(file) != 0 { throw failure() }
        if count > limit { throw failure("is larger than \(limit) bytes, so that it holds no settings") }
        return Array(bytes.prefix(count))
    }

    /// - Parameter path: what errors call the file.
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
            // Neither can stand in a variable, and half a value would be another value.
            guard !line.contains(0), String(validating: line, as: UTF8.self) != nil else {
                throw ConfigurationError(message: "\(path), line \(index + 1), is not UTF-8 text")
            }
        }
        return Array(content)
    }
}
