import JSON

/// The text, thoughts and tool calls with which the mock answers a prompt, before they have a provider's layout.
///
/// Certain words in the last user message steer the answer at every provider: `mock-tokens-N`, `mock-refuse`,
/// `mock-filter`, `mock-calls-N`, `mock-no-tools`, and the names of tools.
struct Reply {
    enum End: Equatable {
        case stop
        /// The stop sequence that ended the text. It is not part of the text.
        case stopSequence(String)
        case length
        case toolCalls
        /// The text is a refusal.
        case refusal
        /// The provider's filter removed the second half of the text.
        case filtered
    }

    struct Call {
        let name: String
        /// The arguments as JSON. They are cut off where the tokens ran out.
        var arguments: String
        let isCustom: Bool
    }

    /// The reasoning. Whether a client sees it depends on the provider.
    private(set) var reasoning: [Piece] = []
    private(set) var text: [Piece] = []
    private(set) var calls: [Call] = []
    private(set) var end = End.stop
    /// The number of tokens of the text, the reasoning and the calls.
    private(set) var tokens = 0

    /// The part of `tokens` that is reasoning.
    var reasoningTokens: Int { Self.sum(reasoning) }

    /// - Parameter variant: the number of this answer among several to the same prompt.
    init(to prompt: Prompt, script: Script?, memory: PromptMemory, variant: Int = 0) {
        reasoning = Prose.tokens(min(prompt.reasoningTokens, prompt.maxTokens), seed: prompt.content)
        if let count = script?.reasoningTokens { reasoning = Prose.tokens(count, seed: prompt.content) }
        let room = max(0, prompt.maxTokens - prompt.reasoningTokens)
        let planned = Self.plannedCalls(prompt, script)
        if !planned.isEmpty {
            call(planned, prompt, room)
        } else if let refusal = script?.refusal ?? Self.wantedRefusal(prompt) {
            text = tokenPieces(refusal, model: prompt.model)
            end = .refusal
        } else {
            speak(Self.words(prompt, script, memory, variant), prompt, room)
        }
        tokens += Self.sum(reasoning) + Self.sum(text)
    }

    static func sum(_ pieces: [Piece]) -> Int { pieces.reduce(0) { $0 + $1.tokens } }

    // MARK: Text

    private static func words(
        _ prompt: Prompt, _ script: Script?, _ memory: PromptMemory, _ variant: Int
    ) -> [Piece] {
        let model = prompt.model
        if let chunks = script?.chunks {
            return chunks.map { Piece(text: $0, tokens: countTokens($0, model: model)) }
        }
        if let text = script?.text { return tokenPieces(text, model: model) }
        switch prompt.wantedFormat {
        case .jsonObject:
            let answer: JSON = ["answer": .string(Prose.reply(to: prompt, variant: variant))]
            return tokenPieces(answer.text, model: model)
        case .schema(let schema):
            var sample = SchemaSample(root: schema, random: Seeded(prompt.content))
            return tokenPieces(sample.value(schema).text, model: model)
        case .text:
            let opening = script?.opening.map { [Piece(text: $0, tokens: countTokens($0, model: model))] } ?? []
            if let count = Prose.wantedTokens(model: prompt.name, text: prompt.lastUserText) {
                return opening + Prose.tokens(count, seed: prompt.content)
            }
            return opening + memory.pieces(Prose.reply(to: prompt, variant: variant), model: model)
        }
    }

    private mutating func speak(_ pieces: [Piece], _ prompt: Prompt, _ room: Int) {
        text = pieces
        stop(at: prompt.stops, model: prompt.model)
        if prompt.lastUserText.firstRange(of: "mock-filter") != nil {
            text.removeLast(text.count / 2)
            end = .filtered
        }
        var total = 0
        let cut = text.firstIndex { piece in
            total += piece.tokens
            return total > room
        }
        if let cut {
            text.removeSubrange(cut...)
            end = .length
        }
    }

    private mutating func stop(at stops: [String], model: String) {
        let stops = stops.filter { !$0.isEmpty }
        if stops.isEmpty { return }
        let whole = text.map(\.text).joined()
        let found = stops.compactMap { stop in whole.firstRange(of: stop).map { ($0.lowerBound, stop) } }
        guard let first = found.min(by: { $0.0 < $1.0 }) else { return }
        text = tokenPieces(String(whole[..<first.0]), model: model)
        end = .stopSequence(first.1)
    }

    private static func wantedRefusal(_ prompt: Prompt) -> String? {
        guard prompt.lastUserText.firstRange(of: "mock-refuse") != nil else { return nil }
        return "I'm sorry, I can't help with that."
    }

    // MARK: Tools

    private static func plannedCalls(_ prompt: Prompt, _ script: Script?) -> [Script.ToolCall] {
        if let script {
            let speaks = script.text != nil || script.chunks != nil || script.refusal != nil
            if speaks || !script.toolCalls.isEmpty { return script.toolCalls }
        }
        return chosenTools(prompt).enumerated().map { index, tool in
            var sample = SchemaSample(root: tool.parameters, random: Seeded(prompt.content &+ UInt64(index) &* 7919))
            if tool.isCustom { return Script.ToolCall(name: tool.name, arguments: "SELECT 1") }
            let arguments = tool.parameters.isNull ? [:] : sample.value(tool.parameters)
            return Script.ToolCall(name: tool.name, arguments: arguments.text)
        }
    }

    private static func chosenTools(_ prompt: Prompt) -> [Prompt.Tool] {
        let text = prompt.lastUserText
        switch prompt.choice {
        case .none: return []
        case .named(let name): return prompt.tools.filter { $0.name == name }.prefix(1).map { $0 }
        case .auto: if !prompt.endsWithUser || text.firstRange(of: "mock-no-tools") != nil { return [] }
        case .required: break
        }
        guard let first = prompt.tools.first else { return [] }
        let limit = prompt.isParallel ? 128 : 1
        if let range = text.firstRange(of: "mock-calls-"),
            let count = Int(text[range.upperBound...].prefix { $0.isNumber })
        {
            return (0..<min(count, limit)).map { prompt.tools[$0 % prompt.tools.count] }
        }
        let named = prompt.tools.filter { text.firstRange(of: $0.name) != nil }
        return Array((named.isEmpty ? [first] : named).prefix(limit))
    }

    private mutating func call(_ planned: [Script.ToolCall], _ prompt: Prompt, _ space: Int) {
        var room = space
        end = .toolCalls
        for call in planned {
            // The name and the frame of a call count as tokens too.
            var cost = 6 + countTokens(call.name, model: prompt.model)
            var arguments = ""
            for piece in tokenPieces(call.arguments, model: prompt.model) {
                if cost + piece.tokens > room { break }
                cost += piece.tokens
                arguments += piece.text
            }
            let isCut = arguments.utf8.count < call.arguments.utf8.count || cost > room
            let isCustom = prompt.tools.first { $0.name == call.name }?.isCustom ?? false
            calls.append(Call(name: call.name, arguments: arguments, isCustom: isCustom))
            tokens += min(cost, room)
            room -= min(cost, room)
            if isCut {
                end = .length
                return
            }
        }
    }
}
