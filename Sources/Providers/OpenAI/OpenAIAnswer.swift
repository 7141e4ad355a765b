package import Chat
package import JSON

/// What the meter needs of an answer in OpenAI's format.
package struct OpenAIAnswer: Sendable {
    /// `nil` if the upstream did not say, or said zero.
    package var usage: Usage?
    /// Text, reasoning and tool calls of all choices, for counting where usage is missing.
    package var produced: [UInt8] = []

    /// Reads a whole answer.
    /// - Throws: what the body is instead: an error object inside a 200, a web page, broken JSON.
    package static func read(
        _ body: [UInt8], status: Int, contentType: String?, parser: JSONParser
    ) throws(UpstreamFailure) -> OpenAIAnswer {
        let root: JSONView
        do throws(JSONError) { root = try parser.parse(body) } catch {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        guard root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if mayBeError(root), let value = try? LazyJSON.parse(body),
            let failure = OpenAIErrors.hidden(in: value, needsChoices: true)
        {
            throw failure
        }
        var answer = OpenAIAnswer()
        answer.usage = usage(root["usage"])
        if answer.usage == nil {
            root["choices"]?.forEachElement { choice in
                if let message = choice["message"] { append(message, to: &answer.produced) }
                _ = choice["text"]?.withUTF8 { answer.produced.append(contentsOf: $0) }
            }
        }
        return answer
    }

    /// Whether `OpenAIErrors.hidden` has to look closer.
    static func mayBeError(_ root: JSONView) -> Bool {
        root["error"].map { !$0.isNull } ?? false || root["choices"]?.isArray != true
    }

    /// Reads a `usage` object; `nil` if it is absent or all zero. DeepSeek's and Moonshot's words for cached tokens are
    /// understood too.
    package static func usage(_ value: JSONView?) -> Usage? { value.flatMap { read($0) } }

    static func usage(_ value: LazyJSON) -> Usage? { read(value) }

    private static func read<Value: Counters>(_ value: Value) -> Usage? {
        guard value.isObject else { return nil }
        // What no answer can have cost would overflow the sums.
        func number(_ value: Value?) -> Int64 {
            if let int = value?.int { return min(max(0, int), Usage.most) }
            return value?.double.map { $0 > 0 && $0 < 1e12 ? Int64($0) : 0 } ?? 0
        }
        let prompt = value["prompt_tokens_details"]
        let completion = value["completion_tokens_details"]
        func given(_ value: Value?) -> Value? { value?.double == nil ? nil : value }
        let cached =
            given(prompt?["cached_tokens"]) ?? given(value["prompt_cache_hit_tokens"]) ?? value["cached_tokens"]
        var usage = Usage(
            promptTokens: number(value["prompt_tokens"]), completionTokens: number(value["completion_tokens"]),
            cachedTokens: number(cached), cacheWriteTokens: number(prompt?["cache_write_tokens"]),
            reasoningTokens: number(completion?["reasoning_tokens"]),
            audioPromptTokens: number(prompt?["audio_tokens"]),
            audioCompletionTokens: number(completion?["audio_tokens"]))
        usage.imagePromptTokens = number(prompt?["image_tokens"])
        usage.acceptedPredictionTokens = number(completion?["accepted_prediction_tokens"])
        usage.rejectedPredictionTokens = number(completion?["rejected_prediction_tokens"])
        return usage.totalTokens > 0 ? usage : nil
    }

    /// Appends what a message or delta adds to the answer.
    static func append(_ message: JSONView, to produced: inout [UInt8]) {
        if message["content"]?.withUTF8({ produced.append(contentsOf: $0) }) == nil {
            message["content"]?.forEachElement { part in
                _ = part["text"]?.withUTF8 { produced.append(contentsOf: $0) }
            }
        }
        for name: StaticString in ["reasoning_content", "reasoning", "refusal"] {
            _ = message[name]?.withUTF8 { produced.append(contentsOf: $0) }
        }
        message["tool_calls"]?.forEachElement { call in
            for kind: StaticString in ["function", "custom"] {
                guard let function = call[kind] else { continue }
                for name: StaticString in ["name", "arguments", "input"] {
                    _ = function[name]?.withUTF8 { produced.append(contentsOf: $0) }
                }
            }
        }
        if let call = message["function_call"] {
            _ = call["name"]?.withUTF8 { produced.append(contentsOf: $0) }
            _ = call["arguments"]?.withUTF8 { produced.append(contentsOf: $0) }
        }
    }
}

/// A JSON value, in either of its two forms, that may hold counters. Of a counter that comes twice, which no vendor does,
/// they take different ones.
private protocol Counters {
    var isObject: Bool { get }
    var int: Int64? { get }
    var double: Double? { get }
    subscript(_ key: StaticString) -> Self? { get }
}

extension JSONView: Counters {}
extension LazyJSON: Counters {}
