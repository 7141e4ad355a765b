import CPrices

/// The built-in prices (Scripts/prices).
struct BuiltInPrices: Sendable {
    struct Entry: Sendable {
        var model: Ratio?
        var completion: Ratio?
        var cached: Ratio?
        var cacheWrite: Ratio?
        var longCacheWrite: Ratio?
        var audioPrompt: Ratio?
        var audioCompletion: Ratio?
        /// The price of a picture, relative to a thousand tokens of the prompt.
        var picture: Ratio?
    }

    static let table: [String: Entry] = load()

    private static func load() -> [String: Entry] {
        var length = 0
        let start = oneapi_prices(&length)
        let bytes = UnsafeRawBufferPointer(start: start, count: length)
        var entries: [String: Entry] = [:]
        entries.reserveCapacity(1024)
        for line in bytes.split(separator: 0x0a) {
            let columns = line.split(separator: 0x09).map { String(decoding: $0, as: UTF8.self) }
            guard columns.count == 9 else { continue }
            entries[columns[0]] = Entry(
                model: Ratio(decimal: columns[1]), completion: Ratio(decimal: columns[2]),
                cached: Ratio(decimal: columns[3]), cacheWrite: Ratio(decimal: columns[4]),
                longCacheWrite: Ratio(decimal: columns[5]), audioPrompt: Ratio(decimal: columns[6]),
                audioCompletion: Ratio(decimal: columns[7]), picture: Ratio(decimal: columns[8]))
        }
        return entries
    }

    /// Claude's prices of cached input. They are the same for every model of the family.
    static func cacheRule(_ name: String) -> (read: Ratio, write: Ratio, longWrite: Ratio)? {
        guard name.contains("claude-"), !name.contains("claude-2"), !name.contains("claude-instant") else { return nil }
        return claude
    }

    private static let claude = (
        read: Ratio(units: Ratio.scale / 10), write: Ratio(units: Ratio.scale * 5 / 4),
        longWrite: Ratio(units: Ratio.scale * 2)
    )

    /// Completion ratios of names that the table does not have. The first match counts (spec/billing.md §2).
    static func completionRule(_ name: String) -> Ratio {
        func ratio(_ text: String) -> Ratio { Ratio(decimal: text) ?? .one }
        if name.hasPrefix("gpt-3.5") {
            if name == "gpt-3.5-turbo" || name.hasSuffix("0125") { return ratio("3") }
            return name.hasSuffix("1106") ? ratio("2") : ratio("1.333333333")
        }
        if name == "gpt-4o-2024-05-13" { return ratio("3") }
        if let rule = prefixes.first(where: { name.hasPrefix($0.0) }) { return ratio(rule.1) }
        guard name.hasPrefix("gpt-4") else { return .one }
        return ratio(name.hasSuffix("preview") ? "3" : "2")
    }

    private static let prefixes = [
        ("gpt-4o", "4"), ("gpt-4.1", "4"), ("gpt-4.5", "2"), ("gpt-5", "8"), ("o3", "4"), ("o4", "4"),
        ("gpt-4-turbo", "3"), ("o1", "4"), ("chatgpt-4o-latest", "3"), ("claude-3", "5"), ("claude-sonnet", "5"),
        ("claude-opus", "5"), ("claude-haiku", "5"), ("claude-", "3"), ("mistral-", "3"), ("gemini-", "3"),
        ("deepseek-", "2"),
    ]
}
