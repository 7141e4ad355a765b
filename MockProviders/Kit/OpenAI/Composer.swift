/// Turns the mock's reply into one choice of an answer.
struct Composer {
    let request: ChatRequest
    let script: Script?
    let prompts: PromptMemory
    /// A number that follows from the request.
    let content: UInt64

    func choice(variant: Int, ids: inout IdentifierSource) -> ChatAnswer.Choice {
        let reply = Reply(to: request.prompt(content), script: script, memory: prompts, variant: variant)
        var choice = ChatAnswer.Choice()
        choice.tokens = reply.tokens
        switch reply.end {
        case .stop, .stopSequence: choice.content = reply.text
        case .refusal: choice.refusal = reply.text
        case .toolCalls: choice.finish = finishOfCalls
        case .length:
            choice.finish = "length"
            if reply.calls.isEmpty { choice.content = reply.text }
        case .filtered:
            choice.finish = "content_filter"
            choice.content = reply.text
        }
        for call in reply.calls {
            choice.calls.append(
                ChatAnswer.ToolCall(
                    id: "call_" + ids.random.alphanumerics(24), name: call.name, arguments: call.arguments,
                    isCustom: call.isCustom))
        }
        if choice.content != nil, let format = request.audioFormat { voice(&choice, format, &ids) }
        return choice
    }

    private var finishOfCalls: String {
        if case .named = request.choice { return "stop" }
        return request.isLegacy ? "function_call" : "tool_calls"
    }

    private func voice(_ choice: inout ChatAnswer.Choice, _ format: String, _ ids: inout IdentifierSource) {
        let pieces = choice.content ?? []
        let bytes = Sound.bytes(format: format, milliseconds: 40 * max(1, pieces.count))
        choice.audio = AudioClip(
            id: "audio_" + ids.random.hex(24), data: Base64.encode(bytes), expires: ids.created + 3600,
            transcript: pieces)
        choice.content = nil
        choice.audioTokens = 2 * pieces.count
        choice.tokens += choice.audioTokens
    }
}

extension ChatRequest {
    fileprivate func prompt(_ content: UInt64) -> Prompt {
        var prompt = Prompt(model: model.id, name: name, content: content)
        prompt.systemText = conversation.systemText
        prompt.lastUserText = conversation.lastUserText
        prompt.endsWithUser = conversation.lastRole == "user"
        prompt.toolResults = conversation.toolResults
        prompt.imageCount = conversation.imageCount
        prompt.tools = tools
        prompt.choice = choice
        prompt.isParallel = isParallel
        prompt.format = format
        prompt.maxTokens = maxTokens
        prompt.reasoningTokens = reasoningTokens
        prompt.stops = stops
        return prompt
    }
}
