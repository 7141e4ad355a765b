/// Reads the lines of a `.env` file in the same way as godotenv, the package that one-api uses.
///
/// A line is `NAME=value` or `NAME: value`, with or without `export` before it. Blank lines and lines that begin with
/// `#` are skipped.
/// - A value without quotes ends before a blank followed by `#`. A value in `'…'` is taken as it is. In `"…"`, `\n` and
///   `\r` are line ends, and a backslash before any other character is dropped. Values in quotes may have several
///   lines; only a comment may follow them.
/// - `${NAME}`, and `$NAME` in capitals, are replaced by the variable's value, but not within `'…'` or after a
///   backslash. A variable that is not set is empty.
struct EnvironmentParser {
    private let bytes: [UInt8]
    private let path: String
    private let environment: [String: String]
    private var place = 0
    private var line = 1
    private var values: [String: String] = [:]
    private var names: [String] = []

    /// - Parameter bytes: UTF-8 without NUL.
    init(_ bytes: [UInt8], path: String, environment: [String: String]) {
        (self.bytes, self.path, self.environment) = (bytes, path, environment)
    }

    mutating func parse() throws(ConfigurationError) -> [(name: String, value: String)] {
        while skipToStatement() {
            let name = try readName()
            let value = try readValue()
            if values.updateValue(value, forKey: name) == nil { names.append(name) }
        }
        return names.map { ($0, values[$0] ?? "") }
    }

    // MARK: Bytes

    private var next: UInt8? { place < bytes.count ? bytes[place] : nil }

    private mutating func advance() {
        if next == 0x0a { line += 1 }
        place += 1
    }

    private static func isBlank(_ byte: UInt8) -> Bool {
        byte == 0x20 || byte == 0x09 || byte == 0x0b || byte == 0x0c || byte == 0x0d
    }

    private mutating func skipBlanks() {
        while let byte = next, Self.isBlank(byte) { advance() }
    }

    private mutating func skipLine() {
        while let byte = next, byte != 0x0a { advance() }
    }

    private func failure(_ what: String, at line: Int? = nil) -> ConfigurationError {
        ConfigurationError(message: "\(path), line \(line ?? self.line), \(what)")
    }

    /// Skips to the next line with a name. Returns false at the end.
    private mutating func skipToStatement() -> Bool {
        while let byte = next {
            if byte == 0x23 {
                skipLine()
            } else if byte == 0x0a || Self.isBlank(byte) {
                advance()
            } else {
                return true
            }
        }
        return false
    }

    // MARK: Names

    /// Reads the name and the separator after it. Errors do not quote the line, which may be part of a secret.
    private mutating func readName() throws(ConfigurationError) -> String {
        if bytes[place...].starts(with: "export".utf8), place + 6 < bytes.count, Self.isBlank(bytes[place + 6]) {
            place += 6
            skipBlanks()
        }
        let start = place
        while let byte = next, byte != 0x3d, byte != 0x3a, byte != 0x0a { advance() }
        guard let separator = next, separator != 0x0a else { throw failure("is not of the form NAME=value") }
        let name = String(decoding: Self.trimmed(bytes[start..<place]), as: UTF8.self)
        let isName = name.unicodeScalars.allSatisfy { scalar in
            scalar.properties.isAlphabetic || scalar.properties.numericType != nil || scalar == "_" || scalar == "."
        }
        guard isName, !name.isEmpty else {
            throw failure("has something else before its '=' than letters, digits, '_' and '.'")
        }
        advance()
        skipBlanks()
        return name
    }

    private static func trimmed(_ text: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        var text = text
        while let last = text.last, isBlank(last) { text.removeLast() }
        return text
    }

    // MARK: Values

    private mutating func readValue() throws(ConfigurationError) -> String {
        if let quote = next, quote == 0x22 || quote == 0x27 { return try readQuoted(quote) }
        let start = place
        while let byte = next, byte != 0x0a {
            if byte == 0x23, Self.isBlank(bytes[place - 1]) { break }
            advance()
        }
        let value = Self.trimmed(bytes[start..<place])
        skipLine()
        return String(decoding: expanded(Array(value), hasEscapes: false), as: UTF8.self)
    }

    private mutating func readQuoted(_ quote: UInt8) throws(ConfigurationError) -> String {
        let first = line
        advance()
        let start = place
        while let byte = next, byte != quote {
            advance()
            // A character after a backslash never ends the value.
            if byte == 0x5c, next != nil { advance() }
        }
        guard next == quote else { throw failure("begins a value in quotes that does not end", at: first) }
        let content = bytes[start..<place].filter { $0 != 0x0d }
        advance()
        skipBlanks()
        guard next == nil || next == 0x0a || next == 0x23 else {
            throw failure("has something else than a comment behind a value in quotes")
        }
        skipLine()
        guard quote == 0x22 else { return String(decoding: content, as: UTF8.self) }
        return String(decoding: expanded(content, hasEscapes: true), as: UTF8.self)
    }

    /// The value with its variables replaced.
    /// - Parameter hasEscapes: whether a backslash escapes any character, and not only `$`.
    private func expanded(_ value: [UInt8], hasEscapes: Bool) -> [UInt8] {
        var output: [UInt8] = []
        var rest = value[...]
        while let byte = rest.popFirst() {
            if byte == 0x5c, let escaped = rest.first, hasEscapes || escaped == 0x24 {
                rest.removeFirst()
                output.append(hasEscapes ? Self.meaning(of: escaped) : escaped)
            } else if byte == 0x24, let (name, length) = Self.variable(at: rest) {
                rest.removeFirst(length)
                output += (values[name] ?? environment[name] ?? "").utf8
            } else {
                output.append(byte)
            }
        }
        return output
    }

    private static func meaning(of escaped: UInt8) -> UInt8 {
        switch escaped {
        case UInt8(ascii: "n"): 0x0a
        case UInt8(ascii: "r"): 0x0d
        default: escaped
        }
    }

    /// The name after a `$`, and its length in bytes with the braces. Without braces, lower-case letters do not belong
    /// to a name, since there are passwords like `pa$sword`.
    private static func variable(at text: ArraySlice<UInt8>) -> (name: String, length: Int)? {
        let hasBrace = text.first == 0x7b
        let name = text.dropFirst(hasBrace ? 1 : 0).prefix { byte in
            (0x41...0x5a).contains(byte) || (0x30...0x39).contains(byte) || byte == 0x5f
                || hasBrace && (0x61...0x7a).contains(byte)
        }
        guard !name.isEmpty, !hasBrace || text.dropFirst(name.count + 1).first == 0x7d else { return nil }
        return (String(decoding: name, as: UTF8.self), name.count + (hasBrace ? 2 : 0))
    }
}
