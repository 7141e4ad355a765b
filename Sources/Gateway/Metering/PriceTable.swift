import JSON
import Synchronization

/// The present prices: the operator's options before the built-in table. It is immutable and replaced as a whole.
package struct PriceTable: Sendable {
    private let modelRatios: [String: Ratio]
    private let completionRatios: [String: Ratio]
    private let groupRatios: [String: Ratio]
    private let cacheRatios: [String: Ratio]
    private let cacheWriteRatios: [String: Ratio]
    private let audioRatios: [String: Ratio]
    private let audioCompletionRatios: [String: Ratio]
    /// For each option, the names that are ignored since their values cannot be used.
    package let ignored: [String: [String]]
    private let memo = RatesMemo()

    /// The price of a model without its own price (60 USD for a million input tokens).
    package static let fallback = Ratio(units: 30 * Ratio.scale)
    package static let defaultGroups = #"{"default":1,"svip":1,"vip":1}"#

    /// The options that hold prices: JSON objects with a number for each name.
    package static let options = [
        "ModelRatio", "CompletionRatio", "GroupRatio", "CacheRatio", "CreateCacheRatio", "AudioRatio",
        "AudioCompletionRatio",
    ]

    /// - Parameter texts: the values of `options`. Options that were never saved may be missing.
    /// - Throws: a sentence that says what is wrong in which option.
    package init(_ texts: [String: String] = [:]) throws(PriceError) {
        var ignored: [String: [String]] = [:]
        func ratios(_ option: String, _ standard: String = "{}") throws(PriceError) -> [String: Ratio] {
            let read = try PriceOption(option, texts[option] ?? standard)
            if !read.ignored.isEmpty { ignored[option] = read.ignored }
            return read.ratios
        }
        modelRatios = try ratios("ModelRatio")
        completionRatios = try ratios("CompletionRatio")
        groupRatios = try ratios("GroupRatio", Self.defaultGroups)
        cacheRatios = try ratios("CacheRatio")
        cacheWriteRatios = try ratios("CreateCacheRatio")
        audioRatios = try ratios("AudioRatio")
        audioCompletionRatios = try ratios("AudioCompletionRatio")
        self.ignored = ignored
    }

    /// The groups that users and channels may be in.
    package var groups: [String] { groupRatios.keys.sorted() }

    /// - Parameters:
    ///   - model: the name after mapping.
    ///   - channelType: selects prices of the form `name(type)`.
    package func rates(model: String, channelType: Int, group: String) -> Rates {
        memo.value(RatesMemo.Key(model: model, type: channelType, group: group)) {
            compute(model: model, channelType: channelType, group: group)
        }
    }

    private func compute(model: String, channelType: Int, group: String) -> Rates {
        let priced = find(model, channelType, internetPrefixes: ["qwen-", "command-"], modelRatios, \.model)
        let completion = completion(model, channelType)
        return Rates(
            model: priced ?? Self.fallback, completion: completion, group: groupRatios[group] ?? .one,
            parts: parts(model, channelType, completion), isDefaultPrice: priced == nil,
            lacksGroupRatio: groupRatios[group] == nil)
    }

    private func parts(_ model: String, _ type: Int, _ completion: Ratio) -> PartRatios {
        func find(_ options: [String: Ratio], _ column: KeyPath<BuiltInPrices.Entry, Ratio?>? = nil) -> Ratio? {
            self.find(model, type, internetPrefixes: ["qwen-"], options, column)
        }
        let family = BuiltInPrices.cacheRule(model)
        var parts = PartRatios(
            cached: find(cacheRatios, \.cached) ?? family?.read ?? .one, audioCompletion: completion)
        parts.cacheWrite = find(cacheWriteRatios, \.cacheWrite) ?? family?.write ?? .one
        // If the operator has set the price for minutes, the price for an hour changes in proportion.
        let long = find([:], \.longCacheWrite) ?? family?.longWrite ?? parts.cacheWrite
        let usual = find([:], \.cacheWrite) ?? family?.write ?? .one
        parts.longCacheWrite = parts.cacheWrite == usual ? long : parts.cacheWrite.scaled(by: long, over: usual)
        if let audio = find(audioRatios, \.audioPrompt) { parts.audioPrompt = audio }
        if let option = find(audioCompletionRatios) {
            parts.audioCompletion = parts.audioPrompt.scaled(by: option, over: .one)
        } else if let audio = find([:], \.audioCompletion) {
            parts.audioCompletion = audio
        }
        if let painted = PaintedTokens.prices(of: model) {
            parts.imagePrompt = painted.prompt
            // The operator's own completion ratio is the price of pictures; the built-in one is the price of text.
            let own = find(completionRatios).flatMap { $0 == find([:], \.completion) ? nil : $0 }
            parts.imageCompletion = own ?? painted.completion
        } else {
            parts.imageCompletion = completion
        }
        // If the operator has set a price, it is the price of a picture too.
        let own = find(modelRatios)
        if own == nil || own == find([:], \.model) { parts.picture = find([:], \.picture) ?? .one }
        return parts
    }

    private func completion(_ model: String, _ type: Int) -> Ratio {
        if let found = find(model, type, internetPrefixes: ["qwen-"], completionRatios, \.completion) { return found }
        return BuiltInPrices.completionRule(model)
    }

    /// Looks up the option `name(type)`, built-in `name(type)`, option `name`, built-in `name` (spec/billing.md §2).
    private func find(
        _ model: String, _ type: Int, internetPrefixes: [String], _ options: [String: Ratio],
        _ column: KeyPath<BuiltInPrices.Entry, Ratio?>?
    ) -> Ratio? {
        func builtIn(_ name: String) -> Ratio? { column.flatMap { BuiltInPrices.table[name]?[keyPath: $0] } }
        var name = model
        if name.hasSuffix("-internet"), internetPrefixes.contains(where: name.hasPrefix) { name.removeLast(9) }
        let typed = "\(name)(\(type))"
        return options[typed] ?? builtIn(typed) ?? options[name] ?? builtIn(name)
    }

    /// The built-in table as texts of the options, for the list of options.
    package static var defaults: [String: String] {
        [
            "ModelRatio": text(\.model), "CompletionRatio": text(\.completion), "GroupRatio": defaultGroups,
            "CacheRatio": text(\.cached), "CreateCacheRatio": text(\.cacheWrite), "AudioRatio": text(\.audioPrompt),
            "AudioCompletionRatio": "{}",
        ]
    }

    private static func text(_ column: KeyPath<BuiltInPrices.Entry, Ratio?>) -> String {
        var object = JSONObject()
        for (name, entry) in BuiltInPrices.table.sorted(by: { $0.key < $1.key }) {
            guard let ratio = entry[keyPath: column] else { continue }
            object.append(name, .number(JSONNumber(text: ratio.decimalText)))
        }
        return String(decoding: JSON.object(object).encoded(), as: UTF8.self)
    }
}

extension Ratio {
    /// The shortest exact decimal.
    var decimalText: String {
        let whole = units.magnitude / Self.scale.magnitude
        // A one in front of the nine digits keeps their leading zeros.
        var fraction = String(Self.scale.magnitude + units.magnitude % Self.scale.magnitude).dropFirst()
        while fraction.hasSuffix("0") { fraction.removeLast() }
        return (units < 0 ? "-" : "") + (fraction.isEmpty ? "\(whole)" : "\(whole).\(fraction)")
    }
}

/// Rates that were looked up before. They live as long as their price table.
private final class RatesMemo: Sendable {
    struct Key: Hashable {
        let model: String
        let type: Int
        let group: String
    }

    private let known = Mutex<[Key: Rates]>([:])

    func value(_ key: Key, _ compute: () -> Rates) -> Rates {
        if let found = known.withLock({ $0[key] }) { return found }
        let made = compute()
        known.withLock { known in
            if known.count > 10_000 { known.removeAll() }
            known[key] = made
        }
        return made
    }
}
