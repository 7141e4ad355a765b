import JSON
import TestKit
import Testing

@testable import Gateway

/// The built-in prices beside one-api's, whose figures `Scripts/prices` copies from the specification.
@Suite struct OneAPIPricesTests {
    private struct Difference: CustomStringConvertible {
        let model: String
        let theirs: Ratio
        let ours: Ratio

        /// A row of the page.
        var description: String { "| `\(model)` | \(theirs.decimalText) | \(ours.decimalText) |" }
    }

    private let figures: JSON
    private let table: PriceTable
    private let page: String

    init() throws {
        figures = try JSON.parse(Fixture.read("one-api-prices.json"))
        table = try PriceTable()
        page = String(decoding: Fixture.source("PRICES.md"), as: UTF8.self)
    }

    private func numbers(_ key: String) throws -> [(name: String, ratio: Ratio)] {
        try #require(figures[key]?.object).members.compactMap { member in
            guard case .number(let number) = member.value, let ratio = Ratio(decimal: number.text) else { return nil }
            return (member.key, ratio)
        }
    }

    /// The rows of a chapter of the page.
    private func rows(_ chapter: String) throws -> Set<String> {
        let text = try #require(page.text(after: "## \(chapter)\n"))
        let rows = text.split(separator: "\n").prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("| `") }
        return Set(rows.map(String.init))
    }

    /// A name and the channel type that its price is for, as in `llama3-8b-8192(33)`.
    private static func split(_ name: String) -> (model: String, type: Int) {
        let parts = name.split(separator: "(")
        guard parts.count == 2, let type = Int(parts[1].dropLast()) else { return (name, 1) }
        return (String(parts[0]), type)
    }

    private func rates(_ name: String) -> Rates {
        let (model, type) = Self.split(name)
        return table.rates(model: model, channelType: type, group: "default")
    }

    @Test("the figures are the specification's, where it lies beside the checkout")
    func copied() throws {
        let bytes = Fixture.source("../shared/spec/model-ratios.json")
        guard !bytes.isEmpty else { return }
        let specification = try JSON.parse(bytes)
        for member in try #require(figures.object).members where member.key != "source" {
            #expect(specification[member.key] == member.value, "run Scripts/prices: \(member.key)")
        }
    }

    @Test("every model of one-api's table has its ratio, except those that PRICES.md lists")
    func models() throws {
        let theirs = try numbers("model_ratio")
        #expect(theirs.count == 565)
        var found = Set<String>()
        for (name, ratio) in theirs where rates(name).model != ratio {
            found.insert(Difference(model: name, theirs: ratio, ours: rates(name).model).description)
        }
        // The only figure below zero.
        #expect(rates("openrouter/auto").isDefaultPrice)
        found.insert("| `openrouter/auto` | -500000 | 30 |")
        let listed = try rows("Model ratios")
        #expect(found.subtracting(listed).sorted() == [] && listed.subtracting(found).sorted() == [])
    }

    @Test("every model has the completion ratio that one-api's rules give it, except those that PRICES.md lists")
    func completions() throws {
        var names = Set(try numbers("model_ratio").map(\.name)).union(try numbers("completion_ratio").map(\.name))
        for rule in try rules { names.formUnion(rule["match"]?["equals_any"]?.array?.compactMap(\.string) ?? []) }
        let known = Dictionary(uniqueKeysWithValues: try numbers("completion_ratio").map { ($0.name, $0.ratio) })
        var found = Set<String>()
        for name in names {
            let model = Self.split(name).model
            let theirs = try known[name] ?? known[model] ?? byRule(model)
            let ours = rates(name).completion
            if theirs != ours { found.insert(Difference(model: name, theirs: theirs, ours: ours).description) }
        }
        let listed = try rows("Completion ratios")
        #expect(found.subtracting(listed).sorted() == [] && listed.subtracting(found).sorted() == [])
    }

    private var rules: [JSON] { get throws { try #require(figures["completion_ratio_rules"]?.array) } }

    private func byRule(_ model: String) throws -> Ratio {
        let rule = try rules.first { rule in
            guard let match = rule["match"] else { return false }
            if let names = match["equals_any"]?.array { return names.contains { $0.string == model } }
            return model.hasPrefix(match["prefix"]?.string ?? "") && model.hasSuffix(match["suffix"]?.string ?? "")
                && model == match["equals"]?.string ?? model
        }
        guard case .number(let number)? = rule?["ratio"] else { return .one }
        return try #require(Ratio(decimal: number.text))
    }

    @Test("a name of two vendors has its own price, whatever is wrong with the other vendor's list")
    func shared() {
        #expect(rates("deepseek-r1-distill-llama-70b").model == Ratio(decimal: "0.284"))
        #expect(rates("llama3-8b-8192(33)").model == Ratio(decimal: "0.15"))
        #expect(rates("meta/meta-llama-3-8b-instruct").completion == Ratio(decimal: "5"))
    }

    @Test("pictures cost what one-api charges for each size, quality and group")
    func pictures() throws {
        for sizes in try #require(figures["image_size_ratios"]?.object).members {
            for size in sizes.value.object?.members ?? [] {
                guard case .number(let number) = size.value else { continue }
                let factor = try #require(Ratio(decimal: number.text))
                #expect(ImagePrice(model: sizes.key, count: 1, size: size.key, quality: nil).factor == factor)
            }
        }
        let hd = ImagePrice(model: "dall-e-3", count: 1, size: "1024x1024", quality: "hd").factor
        #expect(hd.twoDecimals == "2.00")
        let long = ImagePrice(model: "dall-e-3", count: 1, size: "1792x1024", quality: "hd").factor
        #expect(long.twoDecimals == "3.00")
        for (group, ratio) in try numbers("group_ratio") {
            #expect(table.rates(model: "gpt-4o", channelType: 1, group: group).group == ratio)
        }
    }

    @Test("no price is out of every vendor's range, which only a mistake in a table is")
    func outliers() {
        for (name, entry) in BuiltInPrices.table {
            let model = entry.model ?? .one
            let isPlausible = model == .zero || model.isBetween("0.0025", "100")
            #expect(isPlausible, "\(name): \(model.decimalText)")
            let completion = entry.completion ?? .one
            #expect(completion == .zero || completion.isBetween("0.3", "20"), "\(name): \(completion.decimalText)")
            #expect((entry.cached ?? .one) <= .one, "\(name)")
        }
    }

    @Test("a model that paints besides chatting has its own price of a picture, unless the operator sets one")
    func ownPictures() throws {
        func quota(_ options: [String: String]) throws -> Int64 {
            let rates = try PriceTable(options).rates(
                model: "gemini-2.5-flash-image", channelType: 51, group: "default")
            return rates.quota(
                for: ImagePrice(model: "gemini-2.5-flash-image", count: 2, size: nil, quality: nil))
        }
        // 0.039 US dollars each.
        #expect(try quota([:]) == 39_000)
        #expect(try quota(PriceTable.defaults) == 39_000)
        #expect(try quota(["ModelRatio": #"{"gemini-2.5-flash-image":10}"#]) == 20_000)
    }
}

extension Ratio {
    fileprivate func isBetween(_ low: String, _ high: String) -> Bool {
        guard let low = Ratio(decimal: low), let high = Ratio(decimal: high) else { return false }
        return (low...high).contains(self)
    }
}

extension String {
    /// What follows the first occurrence of a text.
    fileprivate func text(after mark: String) -> String? {
        firstRange(of: mark).map { String(self[$0.upperBound...]) }
    }
}
