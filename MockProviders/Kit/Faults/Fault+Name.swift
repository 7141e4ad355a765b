extension Fault {
    /// Reads the faults in the name of a model or a key, such as `mock-error-429` or `sk-mock-cut-3`. `+` joins
    /// several. `nil` if the name has none. `MockProviders/README.md` lists them.
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

    /// Combines both faults. Where they exclude each other, `other` wins.
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
    /// The first range of `part`.
    func firstRange(of part: StaticString) -> Range<String.Index>? {
        firstRange(of: UnsafeRawBufferPointer(start: part.utf8Start, count: part.utf8CodeUnitCount))
    }

    func firstRange(of part: String) -> Range<String.Index>? {
        var part = part
        return part.withUTF8 { firstRange(of: UnsafeRawBufferPointer($0)) }
    }

    private func firstRange(of part: UnsafeRawBufferPointer) -> Range<String.Index>? {
        var text = self
        let found: Int? = text.withUTF8 { all in
            guard let first = part.first, all.count >= part.count else { return nil }
            for start in 0...(all.count - part.count) where all[start] == first {
                if all[start..<(start + part.count)].elementsEqual(part) { return start }
            }
            return nil
        }
        guard let found else { return nil }
        let start = utf8.index(utf8.startIndex, offsetBy: found)
        return start..<utf8.index(start, offsetBy: part.count)
    }
}
