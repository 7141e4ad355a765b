import Chat
import JSON

/// The parts that whole answers and chunks have in common, in OpenAI's format.
enum OpenAIAnswerJSON {
    static func text(_ reason: FinishReason) -> String {
        switch reason {
        case .stop: "stop"
        case .length: "length"
        case .toolCalls: "tool_calls"
        case .legacyFunctionCall: "function_call"
        case .contentFilter: "content_filter"
        case .other(let word): word
        }
    }

    /// Writes the members with which every answer and chunk begins, in OpenAI's order.
    static func write(_ head: AnswerHead, object: StaticString, to writer: inout JSONWriter) {
        writer.key("id")
        writer.string(head.id)
        writer.key("object")
        writer.word(object)
        writer.key("created")
        writer.int(head.created)
        writer.key("model")
        writer.string(head.model)
    }

    static func writeTail(of head: AnswerHead, to writer: inout JSONWriter) {
        if let tier = head.serviceTier {
            writer.key("service_tier")
            writer.string(tier)
        }
        if let fingerprint = head.systemFingerprint {
            writer.key("system_fingerprint")
            writer.string(fingerprint)
        }
    }

    /// Keeps the provider's own object if it has OpenAI's format, so that none of its members is lost.
    static func write(_ usage: Usage, original: Opaque?, to writer: inout JSONWriter) {
        if let original, original.format == .openAI { return writer.value(original.value) }
        writer.beginObject()
        writer.member("prompt_tokens", usage.promptTokens)
        writer.member("completion_tokens", usage.completionTokens)
        writer.member("total_tokens", usage.totalTokens)
        writer.key("prompt_tokens_details")
        writer.beginObject()
        writer.member("cached_tokens", usage.cachedTokens)
        writer.member("audio_tokens", usage.audioPromptTokens)
        // Kinds of tokens that only few models have.
        if usage.cacheWriteTokens > 0 { writer.member("cache_write_tokens", usage.cacheWriteTokens) }
        if usage.imagePromptTokens > 0 { writer.member("image_tokens", usage.imagePromptTokens) }
        writer.endObject()
        writer.key("completion_tokens_details")
        writer.beginObject()
        writer.member("reasoning_tokens", usage.reasoningTokens)
        writer.member("audio_tokens", usage.audioCompletionTokens)
        writer.member("accepted_prediction_tokens", usage.acceptedPredictionTokens)
        writer.member("rejected_prediction_tokens", usage.rejectedPredictionTokens)
        writer.endObject()
        writer.endObject()
    }

    static func toolCall(_ call: ToolCall, id: String) -> JSONObject {
        let isCustom = call.kind == .custom
        let body: JSON = ["name": .string(call.name), isCustom ? "input" : "arguments": .string(call.arguments)]
        var object: JSONObject = [
            "id": .string(id), "type": .string(isCustom ? "custom" : "function"),
            isCustom ? "custom" : "function": body,
        ]
        if let signature = call.thoughtSignature { object.append("extra_content", proof(signature)) }
        return object
    }

    /// An item of `images` in the form of OpenRouter and LiteLLM. Clients send it back with the next turn. Clients that join
    /// the pieces of a stream use the index.
    static func image(_ media: Media, _ thoughtSignature: String?, index: Int) -> JSON {
        var object: JSONObject = [
            "type": "image_url", "image_url": ["url": .string(media.address ?? "")], "index": .int(index),
        ]
        if let thoughtSignature { object.append("extra_content", proof(thoughtSignature)) }
        return .object(object)
    }

    /// The member in which Google's own OpenAI-compatible endpoint has it.
    private static func proof(_ thoughtSignature: String) -> JSON {
        ["google": ["thought_signature": .string(thoughtSignature)]]
    }

    /// A block of `reasoning_details` in OpenRouter's form. Clients send it back with the next turn.
    static func detail(_ block: Reasoning) -> JSON {
        var object = JSONObject()
        if let step = block.block {
            object = ["type": "reasoning.block", "block": step]
        } else if let data = block.encrypted {
            object = ["type": "reasoning.encrypted", "data": .string(data)]
        } else {
            object = ["type": "reasoning.text", "text": .string(block.text)]
        }
        if let signature = block.signature { object.append("signature", .string(signature)) }
        if let format = block.format { object.append("format", .string(format.rawValue)) }
        if let index = block.index { object.append("index", .int(index)) }
        if let place = block.place {
            object.append("place", ["letters": .int(place.letters), "calls": .int(place.calls)])
        }
        return .object(object)
    }

    /// The call's id, or a new one for a call that came without. Clients need it to match the result with the call. It is no
    /// longer than OpenAI allows, since the client may continue with another channel.
    static func id(of call: ToolCall, answer: String, choice: Int, index: Int) -> String {
        CallID.bounded(call.id.isEmpty ? "call_\(answer)_\(choice)_\(index)" : call.id)
    }

    static func value(_ extra: Opaque) -> JSON? { extra.format == .openAI ? extra.value : nil }
}

extension JSONWriter {
    fileprivate mutating func member(_ name: StaticString, _ count: Int64) {
        key(name)
        int(count)
    }
}
