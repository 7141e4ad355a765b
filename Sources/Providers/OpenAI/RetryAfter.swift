import Arithmetic
package import HTTP
import JSON

/// How long an upstream asks to wait, in whole seconds, rounded up.
enum RetryAfter {
    /// From `retry-after-ms` or a `retry-after` in seconds. One that names a date has to be counted before, which takes a
    /// clock (`HTTPHeaders.withCountedRetryAfter`).
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

    /// From Google's `RetryInfo` among the details of an error: `"retryDelay": "26s"`, perhaps with a fraction.
    /// OpenRouter has the provider's own error as a text.
    static func read(_ error: JSON) -> Int? {
        if let raw = error["metadata"]?["raw"]?.string, let inner = ErrorSentence.json(in: raw) {
            return delay(in: (inner[0] ?? inner)["error"] ?? inner)
        }
        return delay(in: error)
    }

    private static func delay(in error: JSON) -> Int? {
        for detail in error["details"]?.array ?? [] {
            guard let text = detail["retryDelay"]?.string, text.hasSuffix("s"), let delay = Double(text.dropLast()),
                let seconds = seconds(delay)
            else { continue }
            return seconds
        }
        return nil
    }

    private static func seconds(_ value: Double) -> Int? {
        value > 0 && value < 1e6 ? Int(value.rounded(.up)) : nil
    }
}

extension HTTPHeaders {
    /// The same, with a `Retry-After` that names a date turned into seconds from now, for readers without a clock.
    /// - Parameter time: now, in milliseconds since 1970.
    package func withCountedRetryAfter(at time: Int64) -> HTTPHeaders {
        guard let text = self["Retry-After"], let date = HTTPDate.seconds(text) else { return self }
        var headers = self
        headers.set("Retry-After", String(max(0, date.minus(time / 1000))))
        return headers
    }
}
