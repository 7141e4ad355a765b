import Chat
import Gateway
import HTTP

/// `.env` and the command line: they give valid variables, and a configuration or one line that says what is wrong.
struct ConfigurationTarget: FuzzTarget {
    let name = "configuration"
    let samples = [
        "# c\nexport PORT = 3000\nSQLITE_PATH=\"a b.db\" # x\nTRUSTED_PROXIES='10.0.0.0/8,::1'\nRELAY_TIMEOUT=60\n",
        "LEDGER_JOURNAL_BYTES=33554432\nMAX_REQUEST_BODY_BYTES=1024\nEVENT_LOOPS=2\nDRAIN_TIMEOUT=0\nHOST=::\n",
        "SQLITE_BUSY_TIMEOUT=3000\nGLOBAL_API_RATE_LIMIT=1\nINITIAL_ROOT_TOKEN=sk-a\nUSER_CONTENT_REQUEST_TIMEOUT=1\r\n",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        var environment: [String: String] = [:]
        do throws(ConfigurationError) {
            for (name, value) in try EnvironmentFile.variables(in: input) {
                if name.isEmpty || name.contains("=") { return "a variable named '\(name)'" }
                if (name + value).utf8.contains(0) { return "a variable with a NUL" }
                environment[name] = value
            }
        } catch {
            return complaint(error)
        }
        let flags = ["--port", "--port=\(environment["PORT"] ?? "")", "-log-dir", "--", "-", "--help=1"]
        let arguments = (0..<generator.below(3)).map { _ in flags[generator.below(flags.count)] }
        do throws(ConfigurationError) {
            _ = try Configuration.parse(arguments: arguments, environment: environment)
        } catch {
            return complaint(error)
        }
        return nil
    }

    private func complaint(_ error: ConfigurationError) -> String? {
        error.message.isEmpty || error.message.utf8.count > 2000 ? "an error of \(error.message.utf8.count) bytes" : nil
    }
}

/// Prices from root: they are refused, or give charges and log texts for any number of tokens.
struct PriceTarget: FuzzTarget {
    let name = "prices"
    let samples = [
        #"{"gpt-4o":1.25,"m(7)":1e-3}"#, #"{"gpt-4o":1e9,"default":1000000000}"#, #"{"gpt-4o":0.000000001}"#,
        #"{"gpt-4o":1e-39,"default":5.}"#,
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let text = String(decoding: input, as: UTF8.self)
        var texts: [String: String] = [:]
        for option in PriceTable.options where generator.below(2) == 0 { texts[option] = text }
        let table: PriceTable
        do throws(PriceError) { table = try PriceTable(texts) } catch {
            return error.message.isEmpty ? "an error without words" : nil
        }
        let rates = table.rates(model: "gpt-4o", channelType: 1, group: "default")
        let counts: [Int64] = [.max, .min, 0, 1, 1 << 40, -1]
        func count() -> Int64 { counts[generator.below(counts.count)] }
        var usage = Usage(
            promptTokens: count(), completionTokens: count(), cachedTokens: count(), cacheWriteTokens: count(),
            reasoningTokens: count(), audioPromptTokens: count(), audioCompletionTokens: count())
        usage.longCacheWriteTokens = count()
        let charged = ChargedUsage(usage)
        _ = (usage.totalTokens, rates.logText(charged, isEstimated: true))
        if rates.quota(for: charged) < 0 { return "a charge below zero" }
        let estimate = rates.estimate(
            promptTokens: max(0, count()), maxCompletionTokens: max(0, count()), allowance: max(0, count()))
        return estimate < 0 ? "an estimate below zero" : nil
    }
}

/// Session cookies: only our own cookies are accepted, at any time of the clock.
struct CookieTarget: FuzzTarget {
    let name = "cookies"
    private let codec = SessionCodec(secret: Secret("secret"))
    let samples = [
        "1700000000|1|0123456789abcdef|0123456789abcdef|a", "-9223372036854775808|1|a|b|c", "9223372036854775807||||",
    ].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let times: [Int64] = [.min, -1, 0, 1_700_000_000, .max - 60, .max]
        let (made, now) = (times[generator.below(times.count)], times[generator.below(times.count)])
        if codec.decode(String(decoding: input, as: UTF8.self), now: now) != nil { return "a cookie that nobody made" }
        let cookie = codec.encode(userID: now, fingerprint: "f", now: made)
        let isKnown = codec.decode(cookie, now: now) != nil
        if made == now, made >= 0, made < .max - SessionCodec.lifetime, !isKnown { return "a new cookie is not known" }
        let damaged = generator.damaged(Array(cookie.utf8))
        if damaged != Array(cookie.utf8), codec.decode(String(decoding: damaged, as: UTF8.self), now: made) != nil {
            return "a changed cookie is known"
        }
        return nil
    }
}

/// Percent-decoding: an encoded text gives the same text again, and any other input gives some text.
struct PercentTarget: FuzzTarget {
    let name = "percent-encoding"
    let samples = ["a%20b+c%2Fd", "%", "%4", "%zz", "%E4%BD%A0", "%ff%00", "p=1&keyword=%25"].map { Array($0.utf8) }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let text = String(decoding: input, as: UTF8.self)
        if percentDecoded(text[...]).utf8.count > text.utf8.count * 3 { return "decoding makes it longer" }
        return percentDecoded(percentEncoded(text)[...]) == text ? nil : "another text comes back"
    }
}
