import HTTP

/// How long an upstream asks to wait, in whole seconds, rounded up.
enum RetryAfter {
    /// From `retry-after-ms` or a `retry-after` in seconds; one that names a date is ignored, since reading it takes a
    /// clock.
    static func read(_ headers: HTTPHeaders) -> Int? {
        if let text = headers["retry-after-ms"], let milliseconds = Double(text) { return seconds(milliseconds / 1000) }
        return headers["retry-after"].flatMap { Double($0) }.flatMap { seconds($0) }
    }

    /// From OpenAI's sentence `Please try again in 1m12.5s.`, or Azure's `Please retry after 24 seconds.`; their 429s often
    /// have no header.
    static func read(_ message: String) -> Int? {
        if let azure = message.firstRange(of: "retry after ") {
            return Double(message[azure.upperBound...].prefix { $0.isNumber }).flatMap { seconds($0) }
        }
        guard let start = message.firstRange(of: "try again in ") else { return nil }
        var total = 0.0
        var rest = message[start.upperBound...]
        while let first = rest.first, first.isNumber {
            let digits = rest.prefix { $0.isNumber || $0 == "." }
            guard let number = Double(digits) else { return nil }
            rest = rest[digits.endIndex...]
            let unit = rest.prefix { $0.isLetter }
            rest = rest[unit.endIndex...]
            switch unit {
            case "ms": total += number / 1000
            case "s": total += number
            case "m": total += number * 60
            case "h": total += number * 3600
            default: return nil
            }
        }
        return seconds(total)
    }

    private static func seconds(_ value: Double) -> Int? {
        value > 0 && value < 1e6 ? Int(value.rounded(.up)) : nil
    }
}
