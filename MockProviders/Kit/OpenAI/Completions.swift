import JSON

/// The legacy completions (spec/wire/openai.md §5).
struct CompletionRequest {
    let model: Model
    let name: String
    private(set) var prompts: [(text: String, tokens: Int)] = []
    private(set) var n = 1
    private(set) var maxTokens = 16
    private(set) var logprobs: Int?
    private(set) var isEchoing = false
    private(set) var isStream = false
    private(set) var includesUsage = false
    private(set) var stops: [String] = []

    private static let fields: [String: Rule.Field] = [
        "model": .init(rule: .string(max: 512), isNullable: false), "prompt": .init(rule: .any),
        "best_of": .init(rule: .integer(1...20)), "echo": .init(rule: .bool),
        "frequency_penalty": .init(rule: .decimal(-2...2)), "presence_penalty": .init(rule: .decimal(-2...2)),
        "logit_bias": .init(rule: .object), "logprobs": .init(rule: .integer(0...5)),
        "max_tokens": .init(rule: .integer(0...(.max))), "n": .init(rule: .integer(1...128)),
        "seed": .init(rule: .integer(.min ... .max)), "stop": .init(rule: .stringOr("an array of strings")),
        "stream": .init(rule: .bool), "stream_options": .init(rule: .object),
        "suffix": .init(rule: .string(max: 100_000)),
        "temperature": .init(rule: .decimal(0...2)), "top_p": .init(rule: .decimal(0...1)),
        "user": .init(rule: .string(max: 512)),
    ]

    init(_ call: Call) throws(Failure) {
        let body = try call.object()
        (name, model) = try call.model(in: body, for: .completion)
        try Self.fields.check(body, sparing: call.spared)
        guard let prompt = body["prompt"] else { throw .missing("prompt") }
        prompts = try TokenInput.read(prompt, "prompt", model: model.id)
        n = Int(body["n"]?.int ?? 1)
        maxTokens = Int(body["max_tokens"]?.int ?? 16)
        logprobs = body["logprobs"]?.int.map(Int.init)
        isEchoing = body["echo"]?.bool ?? false
        isStream = body["stream"]?.bool ?? false
        includesUsage = body["stream_options"]?["include_usage"]?.bool ?? false
        if let stop = body["stop"], !stop.isNull { stops = try ChatRequest.strings(stop, "stop", max: 4) }
        if let best = body["best_of"]?.int, best < n {
            throw .invalid(
                "You requested that the server return more choices than it will generate (HINT: You must "
                    + "set 'n' (currently \(n)) to be at most 'best_of' (currently \(best)), or omit either parameter if you "
                    + "don't specifically want to use them.)", param: "best_of")
        }
    }
}

/// The input of completions and embeddings: a text, texts, a list of token ids, or several such lists.
enum TokenInput {
    static func read(
        _ view: JSONView, _ name: String, model: String, limit: Int = 2048
    ) throws(Failure) -> [(text: String, tokens: Int)] {
        if view.isNull { return [("", 1)] }
        if let text = view.string { return [(text, countTokens(text, model: model))] }
        guard view.isArray else { throw .wrongType(name, "a string or an array", view) }
        if view.arrayCount == 0 {
            throw .invalid("Invalid '\(name)': input cannot be an empty array.", param: name, code: "empty_array")
        }
        if view.arrayCount > limit { throw .tooLong(name, "array", limit, view.arrayCount) }
        var ids: [Int64] = []
        var inputs: [(text: String, tokens: Int)] = []
        try view.forEachElement { (item) throws(Failure) in
            if let id = item.int {
                ids.append(id)
            } else if let text = item.string {
                inputs.append((text, countTokens(text, model: model)))
            } else if item.isArray {
                var list: [Int64] = []
                item.forEachElement { element in if let id = element.int { list.append(id) } }
                guard list.count == item.arrayCount, !list.isEmpty else { throw .badInput(name) }
                inputs.append((list.map(String.init).joined(separator: " "), list.count))
            } else {
                throw .badInput(name)
            }
        }
        if ids.isEmpty { return inputs }
        guard inputs.isEmpty else { throw .badInput(name) }
        return [(ids.map(String.init).joined(separator: " "), ids.count)]
    }
}

extension Failure {
    static func badInput(_ name: String) -> Failure {
        .invalid(
            "Invalid '\(name)': expected a string, an array of strings, an array of integers or an array of arrays of "
                + "integers.", param: name, code: "invalid_type")
    }
}
