import Foundation

/// `.env` in the working directory; variables that are set already win (spec/configuration.md §1).
enum EnvironmentFile {
    static func merged(with environment: [String: String]) -> [String: String] {
        guard let text = try? String(contentsOfFile: ".env", encoding: .utf8) else { return environment }
        var merged = environment
        for line in text.split(whereSeparator: \.isNewline) {
            guard let (name, value) = parse(String(line)), merged[name] == nil else { continue }
            merged[name] = value
            // libcurl reads its proxies from the process's environment.
            setenv(name, value, 0)
        }
        return merged
    }

    /// `NAME=value`, optionally after `export`, the value optionally quoted; comments begin with `#`.
    static func parse(_ line: String) -> (String, String)? {
        var text = line.trimmingCharacters(in: .whitespaces)
        if text.hasPrefix("#") { return nil }
        if text.hasPrefix("export ") { text = String(text.dropFirst(7)) }
        guard let equals = text.firstIndex(of: "=") else { return nil }
        let name = text[..<equals].trimmingCharacters(in: .whitespaces)
        var value = text[text.index(after: equals)...].trimmingCharacters(in: .whitespaces)
        for quote in ["\"", "'"] where value.count >= 2 && value.hasPrefix(quote) && value.hasSuffix(quote) {
            return name.isEmpty ? nil : (name, String(value.dropFirst().dropLast()))
        }
        if let comment = value.range(of: " #") { value = String(value[..<comment.lowerBound]) }
        return name.isEmpty ? nil : (name, value)
    }
}
