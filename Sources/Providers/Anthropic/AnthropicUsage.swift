import Arithmetic
import Chat
import JSON

/// Counters of an answer, which are cumulative: later ones replace earlier ones (spec/wire/anthropic.md §§3.2, 7.3).
struct AnthropicUsage {
    private struct Counters {
        var input: Int64?
        var cacheRead: Int64 = 0
        var cacheWrite: Int64 = 0
        /// Part of it that is kept for an hour.
        var longWrite: Int64 = 0
        var output: Int64?

        mutating func read(_ value: LazyJSON) {
            func number(_ value: LazyJSON?) -> Int64? { value?.int.map { min(max(0, $0), Usage.most) } }
            input = number(value["input_tokens"]) ?? input
            cacheRead = number(value["cache_read_input_tokens"]) ?? cacheRead
            cacheWrite = number(value["cache_creation_input_tokens"]) ?? cacheWrite
            longWrite = number(value["cache_creation"]?["ephemeral_1h_input_tokens"]) ?? longWrite
            output = number(value["output_tokens"]) ?? output
        }

        /// Of the passes of one answer.
        mutating func add(_ other: Counters) {
            func sum(_ a: Int64, _ b: Int64) -> Int64 { min(a.plus(b), Usage.most) }
            input = sum(input ?? 0, other.input ?? 0)
            cacheRead = sum(cacheRead, other.cacheRead)
            cacheWrite = sum(cacheWrite, other.cacheWrite)
            longWrite = sum(longWrite, other.longWrite)
            output = sum(output ?? 0, other.output ?? 0)
        }
    }

    private var counters = Counters()
    /// Of all passes, where the answer took several: the counters beside it are of the last one only.
    private var passes: Counters?
    private var thinking: Int64 = 0
    private var isWhole = false
    private var last: Usage?

    mutating func update(_ value: LazyJSON?) {
        guard let value, value.isObject else { return }
        counters.read(value)
        if let list = value["iterations"]?.array, !list.isEmpty {
            passes = list.reduce(into: Counters()) { sum, pass in
                var counters = Counters()
                counters.read(pass)
                sum.add(counters)
            }
        }
        thinking = value["output_tokens_details"]?["thinking_tokens"]?.int ?? thinking
    }

    /// The prompt is the sum of what was read from the cache, written to it, and neither.
    /// - Parameter isFinal: the output is the whole of it, not what a stream begins with.
    /// - Returns: `nil` unless prompt and output were counted, and something is new.
    mutating func event(isFinal: Bool) -> ChatEvent? {
        let counters = passes ?? counters
        isWhole = isWhole || isFinal
        guard let input = counters.input, let output = counters.output else { return nil }
        var usage = Usage(
            promptTokens: input.plus(counters.cacheRead).plus(counters.cacheWrite), completionTokens: output,
            cachedTokens: counters.cacheRead, cacheWriteTokens: counters.cacheWrite,
            reasoningTokens: min(max(0, thinking), output), isEstimated: !isWhole)
        usage.longCacheWriteTokens = min(counters.longWrite, counters.cacheWrite)
        guard usage != last else { return nil }
        last = usage
        return .usage(usage, original: nil)
    }
}
