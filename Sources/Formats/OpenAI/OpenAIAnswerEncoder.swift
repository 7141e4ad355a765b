package import Chat
import JSON

/// Hub events → one whole answer in OpenAI's format (spec/wire/openai.md §3).
package enum OpenAIAnswerEncoder {
    /// - Parameter fallback: id, time and model for what the provider left out.
    /// - Throws: the failure that the events end with.
    package static func encode(_ events: [ChatEvent], fallback: AnswerHead) throws(UpstreamFailure) -> [UInt8] {
        try encode(ChatAnswer(events), fallback: fallback)
    }

    /// - Throws: the failure that the answer ended with.
    package static func encode(_ answer: ChatAnswer, fallback: AnswerHead) throws(UpstreamFailure) -> [UInt8] {
        if let failure = answer.failure { throw failure }
        let head = answer.head?.completed(by: fallback) ?? fallback
        var root = OpenAIAnswerJSON.head(head, object: "chat.completion")
        root.append("choices", .array(answer.choices.map { choice($0, answerID: head.id) }))
        if let usage = answer.usage {
            root.append("usage", OpenAIAnswerJSON.usage(usage, original: answer.originalUsage))
        }
        OpenAIAnswerJSON.appendTail(of: head, to: &root)
        append(answer.extras, to: &root)
        return JSON.object(root).encoded()
    }

    private static func choice(_ choice: ChatAnswer.Choice, answerID: String) -> JSON {
        var object: JSONObject = [
            "index": .int(choice.index), "message": message(choice, answerID: answerID),
            "logprobs": choice.logprobs.map { .object($0) } ?? .null,
            "finish_reason": choice.finishReason.map { .string(OpenAIAnswerJSON.text($0)) } ?? .null,
        ]
        append(choice.choiceExtras, to: &object)
        return .object(object)
    }

    private static func message(_ choice: ChatAnswer.Choice, answerID: String) -> JSON {
        let isSilent = choice.toolCalls.isEmpty && choice.refusal == nil && choice.audio == nil
        let content = choice.text ?? (isSilent ? "" : nil)
        var object: JSONObject = ["role": "assistant", "content": content.map { .string($0) } ?? .null]
        if let reasoning = choice.reasoning { object.append("reasoning_content", .string(reasoning)) }
        if !choice.sealedReasoning.isEmpty {
            object.append("reasoning_details", .array(choice.sealedReasoning.map(OpenAIAnswerJSON.detail)))
        }
        object.append("refusal", choice.refusal.map { .string($0) } ?? .null)
        let citations = choice.citations.compactMap { OpenAIAnswerJSON.value($0) }
        if !citations.isEmpty { object.append("annotations", .array(citations)) }
        if let audio = choice.audio { object.append("audio", .object(audio)) }
        var calls: [JSON] = []
        for (index, call) in choice.toolCalls.enumerated() {
            if call.kind == .legacyFunction {
                object.append("function_call", ["name": .string(call.name), "arguments": .string(call.arguments)])
            } else {
                let id = OpenAIAnswerJSON.id(of: call, answer: answerID, choice: choice.index, index: index)
                calls.append(.object(OpenAIAnswerJSON.toolCall(call, id: id)))
            }
        }
        if !calls.isEmpty { object.append("tool_calls", .array(calls)) }
        append(choice.messageExtras, to: &object)
        return .object(object)
    }

    private static func append(_ extras: [ChatAnswer.Extra], to object: inout JSONObject) {
        for extra in extras {
            if let value = OpenAIAnswerJSON.value(extra.value) { object[extra.key] = value }
        }
    }
}
