extension Fault {
    /// Reads a fault from a model's or key's name, such as `mock-error-429` or `sk-mock-cut-3`; several are joined by
    /// `+`. `nil` if the name asks for none. See `MockProviders/README.md` for the list.
    package init?(name: String) {
        guard let words = Self.words(in: name) else { return nil }
        self.init()
        var found = false
        for word in words.split(separator: "+") {
            let parts = word.split(separator: "-").map(String.init)
            found = apply(parts) || found
        }
        if !found { return nil }
    }

    private static func words(in name: String) -> Substring? {
        let bytes = name.utf8
        guard bytes.count >= 6, let start = name.firstRange(of: "mock-") else { return nil }
        return name[start.upperBound...]
    }

    private mutating func apply(_ parts: [String]) -> Bool {
        guard let first = parts.first else { return false }
        let rest = parts.dropFirst().joined(separator: "-")
        let number = parts.count > 1 ? Int(parts[1]) : nil
        switch (first, parts.count > 1 ? parts[1] : "") {
        case ("error", _) where !rest.isEmpty: instead = .error(rest)
        case ("html", _) where !rest.isEmpty: instead = .html(rest)
        case ("empty", ""): instead = .empty
        case ("reset", ""): instead = .hangUp(reset: true)
        case ("reset", _): breakOff = .cut(.events(number ?? 1), reset: true)
        case ("close", ""): instead = .hangUp(reset: false)
        case ("cut", "bytes"): breakOff = .cut(.bytes(parts.last.flatMap { Int($0) } ?? 1), reset: false)
        case ("cut", _): breakOff = .cut(.events(number ?? 1), reset: false)
        case ("stall", ""): instead = .silence
        case ("stall", _): breakOff = .stall(.events(number ?? 1))
        case ("delay", _): delayMilliseconds = min(number ?? 100, 600_000)
        case ("invalid", "utf8"): hasBadUTF8 = true
        case ("invalid", "json"): hasBadJSON = true
        case ("stream", "error"): failureAfterEvents = parts.last.flatMap { Int($0) } ?? 1
        case ("no", "done"): dropsEnd = true
        case ("crlf", ""): framing = .crlf
        case ("comments", ""): framing = .comments
        case ("nospace", ""): framing = .nospace
        case ("usage", let kind): usage = UsageFault(rawValue: kind) ?? .none
        case ("huge", _): hugeLineBytes = min(parts.last.flatMap { Int($0) } ?? 1 << 20, 64 << 20)
        default: return false
        }
        return true
    }

    /// The faults of both, `other`'s where they exclude each other.
    func joined(with other: Fault) -> Fault {
        var sum = self
        if other.delayMilliseconds > 0 { sum.delayMilliseconds = other.delayMilliseconds }
        sum.instead = other.instead ?? instead
        sum.headers += other.headers
        sum.breakOff = other.breakOff ?? breakOff
        sum.hasBadUTF8 = hasBadUTF8 || other.hasBadUTF8
        sum.hasBadJSON = hasBadJSON || other.hasBadJSON
        sum.failureAfterEvents = other.failureAfterEvents ?? failureAfterEvents
        sum.dropsEnd = dropsEnd || other.dropsEnd
        sum.framing = other.framing ?? framing
        if other.usage != .none { sum.usage = other.usage }
        sum.hugeLineBytes = max(hugeLineBytes, other.hugeLineBytes)
        return sum
    }
}

extension String {
    /// Where `part` first stands.
    func firstRange(of part: String) -> Range<String.Index>? {
        let all = utf8
        var start = all.startIndex
        while start < all.endIndex {
            if all[start...].starts(with: part.utf8) {
                return start..<all.index(start, offsetBy: part.utf8.count)
            }
            start = all.index(after: start)
        }
        return nil
    }
}
