import Chat
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct PriceTests {
    static let ratios: [(String, Int64?)] = [
        ("1", 1_000_000_000), ("2.5", 2_500_000_000), ("0.075", 75_000_000), ("1e-3", 1_000_000),
        ("1.5E2", 150_000_000_000),
        ("0", 0), ("1.320754716981132", 1_320_754_717), (".5", 500_000_000), ("5.", 5_000_000_000), ("-1", nil),
        ("", nil),
        (".", nil), ("1e", nil), ("1e400", nil), ("abc", nil), ("1.2.3", nil), ("99999999999", nil), ("0x10", nil),
        ("1e-9223372036854775808", nil), ("1e9223372036854775807", nil), ("1e-39", 0), ("1e-40", nil), ("0e39", 0),
        ("999999999e0", 999_999_999_000_000_000), ("1e9", 1_000_000_000_000_000_000), ("1000000000.000000001", nil),
        ("99999999999999999999999999999999999999999999999999", nil),
    ]

    @Test("reads decimals exactly and refuses the rest", arguments: ratios)
    func reads(text: String, units: Int64?) { #expect(Ratio(decimal: text)?.units == units) }

    @Test("a ratio of any size can be written as text", arguments: [Int64.min, -1, 0, 1, 5_000_000, .max - 1, .max])
    func texts(units: Int64) {
        #expect(!Ratio(units: units).twoDecimals.isEmpty)
        let text = Ratio(units: units).decimalText
        if let read = Ratio(decimal: text) { #expect(read.units == units) }
        #expect(text.hasPrefix("-") == (units < 0))
    }

    static let models: [(String, Int, String, String)] = [
        ("gpt-4o", 1, "2.50", "4.00"), ("gpt-4", 1, "15.00", "2.00"), ("gpt-3.5-turbo", 1, "0.25", "3.00"),
        ("llama3-8b-8192", 33, "0.15", "2.00"), ("nomodelratio", 1, "30.00", "1.00"),
        ("gpt-4o-audio-preview", 1, "1.25", "4.00"), ("gpt-4o-mini-audio-preview", 1, "0.08", "4.00"),
        ("deepseek-reasoner", 36, "0.28", "3.98"), ("openrouter/auto", 20, "30.00", "1.00"),
    ]

    @Test("finds the prices of the specification", arguments: models)
    func finds(model: String, type: Int, ratio: String, completion: String) throws {
        let rates = try PriceTable().rates(model: model, channelType: type, group: "default")
        #expect(rates.model.twoDecimals == ratio)
        #expect(rates.completion.twoDecimals == completion)
        #expect(rates.isDefaultPrice == (ratio == "30.00" && model != "gpt-4-32k"))
    }

    @Test("the operator's options come before the built-in table, and a channel type's own price comes first")
    func options() throws {
        let table = try PriceTable([
            "ModelRatio": #"{"gpt-4o":9,"m":1,"m(7)":2}"#, "CompletionRatio": #"{"m":5}"#,
            "GroupRatio": #"{"vip":0.5}"#,
        ])
        #expect(table.rates(model: "gpt-4o", channelType: 1, group: "vip").model.units == 9 * Ratio.scale)
        #expect(table.rates(model: "m", channelType: 7, group: "vip").model.units == 2 * Ratio.scale)
        #expect(table.rates(model: "m", channelType: 1, group: "x").completion.units == 5 * Ratio.scale)
        #expect(table.rates(model: "m", channelType: 1, group: "vip").group.units == Ratio.scale / 2)
        #expect(table.rates(model: "m", channelType: 1, group: "nobody").group == .one)
        #expect(table.groups == ["vip"])
    }

    @Test("a price is remembered by channel type, and Qwen's names with a search cost the same as without")
    func remembered() throws {
        let table = try PriceTable(["ModelRatio": #"{"m":1,"m(7)":2,"qwen-max":3,"other":4}"#])
        func rates(_ model: String, _ type: Int) -> Rates {
            table.rates(model: model, channelType: type, group: "default")
        }
        for _ in 0..<2 {
            for (type, ratio) in [(1, 1), (7, 2), (8, 1)] as [(Int, Int64)] {
                #expect(rates("m", type).model.units == ratio * Ratio.scale)
            }
        }
        #expect(rates("qwen-max-internet", 17).model.units == 3 * Ratio.scale)
        #expect(rates("other-internet", 17).isDefaultPrice)
    }

    @Test(
        "a model's name without a date has all prices of the newest dated name",
        arguments: [
            ("gpt-4o-audio-preview", "gpt-4o-audio-preview-2025-06-03"),
            ("gpt-4o-mini-audio-preview", "gpt-4o-mini-audio-preview-2024-12-17"),
            ("claude-3-opus", "claude-3-opus-20240229"),
        ])
    func undated(name: String, dated: String) throws {
        let table = try PriceTable()
        let rates = table.rates(model: name, channelType: 1, group: "default")
        #expect(rates == table.rates(model: dated, channelType: 1, group: "default") && !rates.isDefaultPrice)
    }

    @Test("the operator's completion ratio is the price of generated pictures, but the built-in one is not")
    func painted() throws {
        func ratio(_ options: [String: String]) throws -> Ratio {
            let rates = try PriceTable(options).rates(model: "gpt-image-1.5", channelType: 1, group: "default")
            return rates.parts.imageCompletion
        }
        #expect(try ratio([:]).twoDecimals == "6.40")
        #expect(try ratio(PriceTable.defaults).twoDecimals == "6.40")
        #expect(try ratio(["CompletionRatio": #"{"gpt-image-1.5":5}"#]).twoDecimals == "5.00")
    }

    @Test("the highest prices do not overflow")
    func largest() throws {
        let billion = #"{"m":1e9}"#
        let table = try PriceTable([
            "ModelRatio": billion, "CompletionRatio": billion, "AudioRatio": billion, "AudioCompletionRatio": billion,
            "CreateCacheRatio": billion, "CacheRatio": billion, "GroupRatio": #"{"default":1e9}"#,
        ])
        let rates = table.rates(model: "m", channelType: 1, group: "default")
        var usage = Usage(promptTokens: .max, completionTokens: .max, cachedTokens: .max / 2)
        usage.audioCompletionTokens = .max
        usage.imagePromptTokens = .max
        usage.imageCompletionTokens = .max
        #expect(rates.quota(for: ChargedUsage(usage)) == Rates.mostQuota)
        #expect(rates.logText(ChargedUsage(usage), isEstimated: false).contains("音频输出 9223372036854775807"))
        #expect(usage.totalTokens == .max && usage.adding(usage).promptTokens == .max)
    }

    static let broken = ["", "[]", "{", #"{"a":"1"}"#, #"{"a":-1}"#, #"{"a":null}"#]

    @Test("refuses option texts that are not prices", arguments: broken)
    func refuses(text: String) { #expect(throws: PriceError.self) { try PriceTable(["ModelRatio": text]) } }

    @Test("charges what the specification says")
    func charges() throws {
        let rates = try PriceTable().rates(model: "gpt-4o", channelType: 1, group: "default")
        #expect(rates.quota(for: charged(promptTokens: 10, completionTokens: 5)) == 75)
        #expect(rates.quota(for: charged(promptTokens: 0, completionTokens: 0)) == 0)
        #expect(rates.quota(for: charged(promptTokens: 100, completionTokens: 0, cachedTokens: 100)) == 125)
        let free = Rates(model: .zero)
        #expect(free.quota(for: charged(promptTokens: 10, completionTokens: 10)) == 0)
        let cheap = Rates(model: try #require(Ratio(decimal: "0.000001")))
        #expect(cheap.quota(for: charged(promptTokens: 1, completionTokens: 0)) == 1)
        #expect(rates.logText(isEstimated: false) == "倍率：2.50 × 1.00 × 4.00")
    }

    private func charged(promptTokens: Int64, completionTokens: Int64, cachedTokens: Int64 = 0) -> ChargedUsage {
        ChargedUsage(
            Usage(promptTokens: promptTokens, completionTokens: completionTokens, cachedTokens: cachedTokens))
    }

    @Test("charges cached input, cache writes by their lifetime and audio at their own prices, and each token once")
    func kinds() throws {
        let claude = try PriceTable().rates(model: "claude-sonnet-4-5", channelType: 14, group: "default")
        var usage = Usage(promptTokens: 1000, cachedTokens: 100, cacheWriteTokens: 500)
        usage.longCacheWriteTokens = 200
        // (400 + 100 × 0.1 + 300 × 1.25 + 200 × 2) × 1.5
        #expect(claude.quota(for: ChargedUsage(usage)) == 1778)
        let old = try PriceTable().rates(model: "claude-3-opus-20240229", channelType: 14, group: "default")
        #expect(old.parts.cached.twoDecimals == "0.10" && old.parts.longCacheWrite.twoDecimals == "2.00")
        let table = try PriceTable([
            "ModelRatio": #"{"m":1}"#, "CompletionRatio": #"{"m":2}"#, "CacheRatio": #"{"m":0.5}"#,
            "CreateCacheRatio": #"{"m":3,"claude-sonnet-4-5":2.5}"#, "AudioRatio": #"{"m":10}"#,
            "AudioCompletionRatio": #"{"m":4}"#,
        ])
        let own = table.rates(model: "m", channelType: 1, group: "default")
        let sound = Usage(
            promptTokens: 100, completionTokens: 50, cachedTokens: 20, cacheWriteTokens: 10, audioPromptTokens: 30,
            audioCompletionTokens: 5)
        // 40 + 20 × 0.5 + 10 × 3 + 30 × 10 + 45 × 2 + 5 × 40
        #expect(own.quota(for: ChargedUsage(sound)) == 670)
        #expect(
            own.logText(ChargedUsage(sound), isEstimated: false)
                == "倍率：1.00 × 1.00 × 2.00，缓存 20 × 0.50，缓存写入 10 × 3.00，音频输入 30 × 10.00，音频输出 5 × 40.00")
        let doubled = table.rates(model: "claude-sonnet-4-5", channelType: 14, group: "default")
        #expect(doubled.parts.longCacheWrite.twoDecimals == "4.00")
    }

    @Test("limits parts that exceed their total")
    func impossibleParts() {
        let usage = Usage(promptTokens: 10, cachedTokens: 8, cacheWriteTokens: 8, audioPromptTokens: .max)
        let charged = ChargedUsage(usage)
        #expect(charged.prompt == 0 && charged.cached == 8 && charged.cacheWrites == 2 && charged.audioPrompt == 0)
    }

    @Test("never overflows, whatever an upstream reports")
    func hostileUsage() {
        let rates = Rates(
            model: Ratio(units: 1_000_000 * Ratio.scale), completion: Ratio(units: 1_000_000 * Ratio.scale))
        let quota = rates.quota(for: charged(promptTokens: .max / 4, completionTokens: .max / 4))
        #expect(quota == 1 << 50)
        // One below and one above what fits into 128 bits before rounding.
        let plain = Rates(model: .one)
        for tokens: Int64 in [170_141_183_460, 170_141_183_461, 1 << 40] {
            let some = plain.quota(for: charged(promptTokens: tokens, completionTokens: 0))
            #expect(some == tokens || some == 1 << 50)
        }
        #expect(rates.quota(for: charged(promptTokens: -5, completionTokens: -1)) == 0)
    }

    @Test("agrees with integer arithmetic on random prices")
    func randomPrices() throws {
        var seed: UInt64 = 42
        func random(_ bound: UInt64) -> Int64 {
            seed = seed &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
            return Int64((seed >> 33) % bound)
        }
        for _ in 0..<2000 {
            // Hundredths, so the exact sum has six decimals.
            let (model, completion, group) = (random(5000), random(1000), random(300))
            let (prompt, answer) = (random(100_000), random(20_000))
            let rates = Rates(
                model: Ratio(units: model * 10_000_000), completion: Ratio(units: completion * 10_000_000),
                group: Ratio(units: group * 10_000_000))
            let exact = (prompt * 100 + answer * completion) * model * group
            let expected = prompt + answer == 0 ? 0 : (exact + 999_999) / 1_000_000
            let quota = rates.quota(for: charged(promptTokens: prompt, completionTokens: answer))
            #expect(quota == (expected == 0 && model > 0 && group > 0 && prompt + answer > 0 ? 1 : expected))
        }
    }
}
