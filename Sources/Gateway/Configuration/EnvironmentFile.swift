import Glibc

/// `.env` in the working directory; variables that are set already win (spec/configuration.md §1).
package enum EnvironmentFile {
    /// No settings are longer; a larger file is something else under that name.
    package static let limit = 1 << 20

    /// The variables of a file in their order, a name once, the first of them.
    /// - Returns: nothing where there is no such file, or no ordinary one.
    /// - Throws: what is wrong, rather than starting without settings that somebody believes to be in force.
    package static func variables(at path: String) throws(ConfigurationError) -> [(name: String, value: String)] {
        try variables(in: try read(path), of: path)
    }

    private static func read(_ path: String) throws(ConfigurationError) -> [UInt8] {
        func failure(_ what: String) -> ConfigurationError { ConfigurationError(message: "\(path) \(what)") }
        var facts = stat()
        // A pipe would keep the start waiting for whoever writes to it.
        guard stat(path, &facts) == 0, facts.st_mode & S_IFMT == S_IFREG else { return [] }
        guard let file = fopen(path, "rbe") else {
            throw failure("cannot be read: \(String(cString: strerror(errno)))")
        }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: limit + 1)
        let count = fread(&bytes, 1, bytes.count, file)
        if ferror(file) != 0 { throw failure("cannot be read: \(String(cString: strerror(errno)))") }
        if count > limit { throw failure("is larger than \(limit) bytes, so that it holds no settings") }
        return Array(bytes.prefix(count))
    }

    /// - Parameter path: what errors call the file.
    package static func variables(
        in bytes: [UInt8], of path: String = ".env"
    ) throws(ConfigurationError) -> [(name: String, value: String)] {
        var variables: [(name: String, value: String)] = []
        var names: Set<String> = []
        let isMarked = bytes.starts(with: [0xef, 0xbb, 0xbf])
        let lines = bytes.dropFirst(isMarked ? 3 : 0).split(
            omittingEmptySubsequences: false, whereSeparator: { $0 == 0x0a })
        for (index, line) in lines.enumerated() {
            // Neither can stand in a variable, and half a value would be another value.
            guard !line.contains(0), let text = String(validating: line, as: UTF8.self) else {
                throw ConfigurationError(message: "\(path), line \(index + 1), is not UTF-8 text")
            }
            if let found = variable(text), names.insert(found.name).inserted { variables.append(found) }
        }
        return variables
    }

    /// `NAME=value`, optionally after `export`, the value optionally quoted; comments begin with `#`.
    private static func variable(_ line: String) -> (name: String, value: String)? {
        var text = trimmed(line[...])
        if text.hasPrefix("#") { return nil }
        if text.hasPrefix("export ") { text = text.dropFirst(7) }
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = String(trimmed(text[..<equals]))
        if name.isEmpty { return nil }
        let value = trimmed(text[text.index(after: equals)...])
        if value.count >= 2, let first = value.first, first == "\"" || first == "'", value.last == first {
            return (name, String(value.dropFirst().dropLast()))
        }
        let comment = value.firstRange(of: " #")
        return (name, String(comment.map { value[..<$0.lowerBound] } ?? value))
    }

    private static func trimmed(_ text: Substring) -> Substring {
        let start = text.drop { $0.isWhitespace }
        guard let last = start.lastIndex(where: { !$0.isWhitespace }) else { return "" }
        return start[...last]
    }
}
