import JSON

/// Decides what one choice of an answer says.
struct Composer {
    let request: ChatRequest
    let script: Script?
    /// Follows from the request.
    let content: UInt64

    func choice(variant: Int, ids: inout IdentifierSource) -> ChatAnswer.Choice {
        var choice = ChatAnswer.Choice()
        let calls = plannedCalls()
        if !calls.isEmpty {
            callTools(calls, &choice, &ids)
        } else if let refusal = script?.refusal ?? wantedRefusal {
            choice.refusal = tokenPieces(refusal, model: request.model.id)
            choice.tokens = request.reasoningTokens + sum(choice.refusal ?? [])
        } else {
            speak(text(variant), &choice)
            if let format = request.audioFormat { voice(&choice, format, &ids) }
        }
        return choice
    }

    // MARK: Text

    private func text(_ variant: Int) -> [Piece] {
        let model = request.model.id
        if let chunks = script?.chunks {
            return chunks.map { Piece(text: $0, tokens: countTokens($0, model: model)) }
        }
        if let text = script?.text { return tokenPieces(text, model: model) }
        switch request.format {
        case .jsonObject:
            let answer: JSON = [
                "answer": .string(Prose.reply(to: request.conversation, variant: variant, seed: content))
            ]
            return tokenPieces(answer.text, model: model)
        case .schema(let schema):
            var sample = SchemaSample(root: schema, random: Seeded(content))
            return tokenPieces(sample.value(schema).text, model: model)
        case .text:
            if let count = Prose.wantedTokens(model: request.name, text: request.conversation.lastUserText) {
                return Prose.tokens(count, seed: content)
            }
            let reply = Prose.reply(to: request.conversation, variant: variant, seed: content)
            return tokenPieces(reply, model: model)
        }
    }

    private func speak(_ pieces: [Piece], _ choice: inout ChatAnswer.Choice) {
        var pieces = stopped(pieces)
        let room = max(0, request.maxTokens - request.reasoningTokens)
        var total = 0
        if let end = pieces.firstIndex(where: { piece in
            total += piece.tokens
            return total > room
        }) {
            pieces.removeSubrange(end...)
            choice.finish = "length"
        }
        choice.content = pieces
        choice.tokens = min(request.reasoningTokens, request.maxTokens) + sum(pieces)
    }

    /// The text up to the first stop sequence, which is not part of it.
    private func stopped(_ pieces: [Piece]) -> [Piece] {
        let stops = request.stops.filter { !$0.isEmpty }
        if stops.isEmpty { return pieces }
        let whole = pieces.map(\.text).joined()
        let ends = stops.compactMap { whole.firstRange(of: $0)?.lowerBound }
        guard let end = ends.min() else { return pieces }
        return tokenPieces(String(whole[..<end]), model: request.model.id)
    }

    private func sum(_ pieces: [Piece]) -> Int { pieces.reduce(0) { $0 + $1.tokens } }

    private var wantedRefusal: String? {
        guard request.conversation.lastUserText.firstRange(of: "mock-refuse") != nil else { return nil }
        return "I'm sorry, I can't help with that."
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

    // MARK: Tools

    private func plannedCalls() -> [Script.ToolCall] {
        if let script {
            let speaks = script.text != nil || script.chunks != nil || script.refusal != nil
            if speaks || !script.toolCalls.isEmpty { return script.toolCalls }
        }
        return chosenTools().enumerated().map { index, tool in
            var sample = SchemaSample(root: tool.parameters, random: Seeded(content &+ UInt64(index) &* 7919))
            if tool.isCustom { return Script.ToolCall(name: tool.name, arguments: "SELECT 1") }
            let arguments = tool.parameters.isNull ? [:] : sample.value(tool.parameters)
            return Script.ToolCall(name: tool.name, arguments: arguments.text)
        }
    }

    private func chosenTools() -> [ChatRequest.Tool] {
        let text = request.conversation.lastUserText
        switch request.choice {
        case .none: return []
        case .named(let name): return request.tools.filter { $0.name == name }.prefix(1).map { $0 }
        case .auto:
            if request.conversation.lastRole != "user" || text.firstRange(of: "mock-no-tools") != nil { return [] }
        case .required: break
        }
        guard let first = request.tools.first else { return [] }
        let limit = request.isParallel ? 128 : 1
        if let range = text.firstRange(of: "mock-calls-"),
            let count = Int(text[range.upperBound...].prefix { $0.isNumber })
        {
            return (0..<min(count, limit)).map { request.tools[$0 % request.tools.count] }
        }
        let named = request.tools.filter { text.firstRange(of: $0.name) != nil }
        return Array((named.isEmpty ? [first] : named).prefix(limit))
    }

    private func callTools(
        _ calls: [Script.ToolCall], _ choice: inout ChatAnswer.Choice, _ ids: inout IdentifierSource
    ) {
        let model = request.model.id
        var room = max(0, request.maxTokens - request.reasoningTokens)
        choice.tokens = min(request.reasoningTokens, request.maxTokens)
        if case .named = request.choice { choice.finish = "stop" } else { choice.finish = "tool_calls" }
        if request.isLegacy { choice.finish = choice.finish == "stop" ? "stop" : "function_call" }
        for call in calls {
            // The name and the framing of a call count too.
            var cost = 6 + countTokens(call.name, model: model)
            var arguments = ""
            for piece in tokenPieces(call.arguments, model: model) {
                if cost + piece.tokens > room { break }
                cost += piece.tokens
                arguments += piece.text
            }
            let isCut = arguments.utf8.count < call.arguments.utf8.count || cost > room
            let isCustom = request.tools.first { $0.name == call.name }?.isCustom ?? false
            choice.calls.append(
                ChatAnswer.ToolCall(
                    id: "call_" + ids.random.alphanumerics(24), name: call.name, arguments: arguments,
                    isCustom: isCustom))
            choice.tokens += min(cost, room)
            room -= min(cost, room)
            if isCut {
                choice.finish = "length"
                break
            }
        }
    }
}
