import JSON

/// Completions and embeddings (spec/wire/palm.md §§1, 3).
extension PaLM {
    func generateText(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        try check(name, [.text], "generateText", place)
        let body = try Google.body(call, as: Fields.generateText(place), version: place.version)
        guard let text = body["prompt"]?["text"]?.string, !text.isEmpty else { throw .noText }
        let count = try Self.checkSampling(body, "GenerateTextRequest")
        var prompt = Prompt(model: name, name: name, content: call.ids.content)
        prompt.lastUserText = text
        prompt.stops = body["stopSequences"]?.array?.compactMap(\.string) ?? []
        prompt.maxTokens = try Self.limit(body, place)
        try Self.checkSettings(body, stops: prompt.stops.count)
        let tokens = prompts.count(text, model: name)
        var reason = Self.blockReason(in: text)
        let replies: [Reply] =
            reason != nil
            ? [] : (0..<count).map { Reply(to: prompt, script: call.script, memory: prompts, variant: $0) }
        if replies.contains(where: { $0.end == .filtered }) { reason = "SAFETY" }
        if let reason {
            var answer = Google.answer(Self.blocked(reason, call), call)
            answer.served = served(name, call, prompt: tokens, completion: 0)
            return answer
        }
        let candidates = replies.map { Self.candidate($0, text, call) }
        var answer = Google.answer(["candidates": .array(candidates)], call)
        answer.served = served(
            name, call, prompt: tokens, completion: replies.reduce(0) { $0 + $1.tokens })
        return answer
    }

    /// The default limit of an answer: 64 tokens in the first version, the model's limit in the later one.
    private static func limit(_ body: JSON, _ place: Place) throws(Failure) -> Int {
        let most = body["maxOutputTokens"]?.int ?? Int64(place.isLater ? outputLimit : 64)
        guard 1...Int64(outputLimit) ~= most else {
            throw .rules("GenerateTextRequest", ["max_output_tokens: must be in the range [1, \(outputLimit)]."])
        }
        return Int(most)
    }

    private static func checkSettings(_ body: JSON, stops: Int) throws(Failure) {
        if stops > 5 {
            throw .rules("GenerateTextRequest", ["stop_sequences: at most 5 stop sequences are supported."])
        }
        let categories = body["safetySettings"]?.array?.compactMap { $0["category"]?.string } ?? []
        if Set(categories).count < categories.count {
            throw .rules("GenerateTextRequest", ["safety_settings: only one setting may be given per category."])
        }
    }

    private static func candidate(_ reply: Reply, _ question: String, _ call: Call) -> JSON {
        let text = reply.text.map(\.text).joined()
        let harmless = choice("NEGLIGIBLE", of: Fields.probabilities, call)
        let ratings = Fields.categories.dropFirst().map { category in
            ["category": choice(category, of: Fields.categories, call), "probability": harmless] as JSON
        }
        var object: JSONObject = ["output": .string(text), "safetyRatings": .array(Array(ratings))]
        if question.firstRange(of: "mock-cite") != nil { object.append("citationMetadata", citation(of: text)) }
        return .object(object)
    }

    private static func blocked(_ reason: String, _ call: Call) -> JSON {
        var object: JSONObject = ["filters": [["reason": choice(reason, of: Fields.reasons, call)]]]
        if reason == "SAFETY" {
            let category = choice("HARM_CATEGORY_VIOLENCE", of: Fields.categories, call)
            let feedback: JSON = [
                "rating": ["category": category, "probability": choice("HIGH", of: Fields.probabilities, call)],
                "setting": [
                    "category": category,
                    "threshold": choice("BLOCK_MEDIUM_AND_ABOVE", of: Fields.thresholds, call),
                ],
            ]
            object.append("safetyFeedback", [feedback])
        }
        return .object(object)
    }

    func countTextTokens(_ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        try check(name, [.text, .embedding], "countTextTokens", place)
        let body = try Google.body(call, as: Fields.countTextTokens, version: place.version)
        guard let text = body["prompt"]?["text"]?.string, !text.isEmpty else { throw .noText }
        return Google.answer(["tokenCount": .int(prompts.count(text, model: name))], call)
    }

    func embedText(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        try check(name, [.embedding], verb, place)
        let isBatch = verb == "batchEmbedText"
        let body = try Google.body(call, as: isBatch ? Fields.batchEmbedText : Fields.embedText, version: place.version)
        let texts = isBatch ? body["texts"]?.array?.compactMap(\.string) ?? [] : [body["text"]?.string ?? ""]
        if texts.isEmpty || texts.contains("") { throw .noText }
        if texts.count > 100 { throw .rules("BatchEmbedTextRequest", ["texts: at most 100 texts are allowed."]) }
        let vectors = texts.map { text -> JSON in
            let vector = Samples.vector(text, model: name, full: 768, size: 768)
            return ["value": .array(vector.map { .number(JSONNumber(text: "\($0)")) })]
        }
        var answer = Google.answer(
            isBatch ? ["embeddings": .array(vectors)] : ["embedding": vectors.first ?? [:]], call)
        let tokens = texts.reduce(0) { $0 + prompts.count($1, model: name) }
        answer.served = served(name, call, prompt: tokens, completion: 0)
        return answer
    }
}
