package import Chat
import JSON

/// Hub events → one whole answer in OpenAI's format (spec/wire/openai.md §3).
package enum OpenAIAnswerEncoder {
    /// - Parameter fallback: the id, time and model that are used if the provider left them out.
    /// - Throws: the failure that the events end with.
    package static func encode(_ events: [ChatEvent], fallback: AnswerHead) throws(UpstreamFailure) -> [UInt8] {
        try encode(ChatAnswer(events), fallback: fallback)
    }

    /// - Throws: the failure that the answer ended with.
    package static func encode(_ answer: ChatAnswer, fallback: AnswerHead) throws(UpstreamFailure) -> [UInt8] {
        if let failure = answer.failure { throw failure }
        let head = answer.head?.completed(by: fallback) ?? fallback
        var writer = JSONWriter()
        writer.beginObject()
        OpenAIAnswerJSON.write(head, object: "chat.completion", to: &writer)
        writer.key("choices")
        writer.beginArray()
        for choice in answer.choices { write(choice, answerID: head.id, to: &writer) }
        writer.endArray()
        if let usage = answer.usage {
            writer.key("usage")
            OpenAIAnswerJSON.write(usage, original: answer.originalUsage, to: &writer)
        }
        OpenAIAnswerJSON.writeTail(of: head, to: &writer)
        write(answer.extras, to: &writer)
        writer.endObject()
        return writer.finish()
    }

    private static func write(_ choice: ChatAnswer.Choice, answerID: String, to writer: inout JSONWriter) {
        writer.beginObject()
        writer.key("index")
        writer.int(choice.index)
        writer.key("message")
        writeMessage(of: choice, answerID: answerID, to: &writer)
        writer.key("logprobs")
        if let logprobs = choice.logprobs { writer.object(logprobs) } else { writer.null() }
        writer.key("finish_reason")
        writer.string(choice.finishReason.map(OpenAIAnswerJSON.text))
        write(choice.choiceExtras, to: &writer)
        writer.endObject()
    }

    private static func writeMessage(
        of choice: ChatAnswer.Choice, answerID: String, to writer: inout JSONWriter
    ) {
        let isSilent = choice.toolCalls.isEmpty && choice.refusal == nil && choice.audio == nil
        // A refusal that the model did not write comes as an extra.
        let hasOwnRefusal = choice.messageExtras.contains {
            $0.key == "refusal" && OpenAIAnswerJSON.value($0.value) != nil
        }
        writer.beginObject()
        writer.key("role")
        writer.word("assistant")
        writer.key("content")
        writer.string(choice.text ?? (isSilent ? "" : nil))
        if let reasoning = choice.reasoning {
            writer.key("reasoning_content")
            writer.string(reasoning)
        }
        writer.list("reasoning_details", choice.sealedReasoning.map(OpenAIAnswerJSON.detail))
        if !hasOwnRefusal {
            writer.key("refusal")
            writer.string(choice.refusal)
        }
        writer.list(
            "images",
            choice.images.enumerated().map { OpenAIAnswerJSON.image($1.media, $1.thoughtSignature, index: $0) })
        writer.list("annotations", choice.citations.compactMap { OpenAIAnswerJSON.value($0) })
        if let audio = choice.audio {
            writer.key("audio")
            writer.object(audio)
        }
        writeCalls(of: choice, answerID: answerID, to: &writer)
        write(choice.messageExtras, to: &writer)
        writer.endObject()
    }

    private static func writeCalls(of choice: ChatAnswer.Choice, answerID: String, to writer: inout JSONWriter) {
        var calls: [JSON] = []
        for (index, call) in choice.toolCalls.enumerated() {
            if call.kind == .legacyFunction {
                writer.key("function_call")
                writer.value(["name": .string(call.name), "arguments": .string(call.arguments)])
            } else {
                let id = OpenAIAnswerJSON.id(of: call, answer: answerID, choice: choice.index, index: index)
                calls.append(.object(OpenAIAnswerJSON.toolCall(call, id: id)))
            }
        }
        writer.list("tool_calls", calls)
    }

    private static func write(_ extras: [ChatAnswer.Extra], to writer: inout JSONWriter) {
        for extra in extras {
            guard let value = OpenAIAnswerJSON.value(extra.value) else { continue }
            writer.key(text: extra.key)
            writer.value(value)
        }
    }
}

extension JSONWriter {
    /// Adds a member unless its value is empty.
    fileprivate mutating func list(_ name: StaticString, _ items: [JSON]) {
        guard !items.isEmpty else { return }
        key(name)
        value(.array(items))
    }
}
