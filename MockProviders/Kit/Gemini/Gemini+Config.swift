import JSON

/// `generationConfig` (spec/wire/gemini.md §§2, 5, 6).
extension Gemini.Request {
    mutating func readConfig(_ config: JSON) throws(Gemini.Failure) {
        let ranges: [(name: String, range: ClosedRange<Double>)] = [
            ("temperature", 0...2), ("topP", 0...1), ("presencePenalty", -2...2), ("frequencyPenalty", -2...2),
        ]
        for (name, range) in ranges {
            guard let value = config[name]?.double, !range.contains(value) else { continue }
            throw .invalid(
                "Unable to submit request because it has a \(name) value of \(value) but the supported range is from "
                    + "\(range.lowerBound) (inclusive) to \(range.upperBound) (inclusive). Update the value and try again."
            )
        }
        let most = config["maxOutputTokens"]?.int ?? Int64(model.outputLimit)
        guard 1...Int64(model.outputLimit) ~= most else {
            throw .invalid(
                "Unable to submit request because it has a maxOutputTokens value of \(most) but the supported range "
                    + "is from 1 (inclusive) to \(model.outputLimit + 1) (exclusive). Update the value and try again.")
        }
        prompt.maxTokens = Int(most)
        prompt.stops = config["stopSequences"]?.array?.compactMap(\.string) ?? []
        if prompt.stops.count > 5 {
            throw .rule("generation_config.stop_sequences: at most 5 stop sequences are supported.")
        }
        let count = config["candidateCount"]?.int ?? 1
        guard 1...8 ~= count else { throw .rule("generation_config.candidate_count: the range is from 1 to 8.") }
        candidates = Int(count)
        try readLogprobs(config)
        try readFormat(config)
        try readModality(config["responseModalities"]?.array?.compactMap(\.string) ?? [])
        try readThinking(config["thinkingConfig"] ?? [:])
    }

    private mutating func readLogprobs(_ config: JSON) throws(Gemini.Failure) {
        let isOn = config["responseLogprobs"]?.bool == true
        if let top = config["logprobs"]?.int, !(0...20 ~= top) || !isOn {
            throw .invalid("Logprobs must be between 0 and 20, and response_logprobs must be set.")
        }
        if isOn { logprobs = Int(config["logprobs"]?.int ?? 0) }
    }

    private mutating func readFormat(_ config: JSON) throws(Gemini.Failure) {
        let type = config["responseMimeType"]?.string ?? "text/plain"
        guard ["text/plain", "application/json", "text/x.enum"].contains(type) else {
            throw .rule(
                "generation_config.response_mime_type: allowed mimetypes are `text/plain`, `application/json`, "
                    + "`application/xml`, `application/yaml` and `text/x.enum`.")
        }
        let subset = config["responseSchema"]
        let json = config["responseJsonSchema"]
        if subset != nil, json != nil {
            throw .invalid("Only one of response_schema and response_json_schema may be set.")
        }
        if let subset {
            let problems = Gemini.problems(
                of: subset, "generation_config.response_schema", mayBeEmpty: model.generation >= 2)
            if !problems.isEmpty { throw .rules("GenerateContentRequest", problems) }
        }
        let schema = json ?? subset.map(Gemini.standard)
        if schema != nil, type == "text/plain" {
            throw .rule(
                "generation_config.response_schema: only allowed when response_mime_type is `application/json`.")
        }
        if type == "application/json", !prompt.tools.isEmpty, model.generation < 3 { throw .formattedCalls }
        if type == "text/x.enum" {
            words = schema?["enum"]?.array?.compactMap(\.string) ?? []
            if words.isEmpty {
                throw .rule("generation_config.response_schema: an enum is required for `text/x.enum`.")
            }
        } else if type == "application/json" {
            prompt.format = schema.map { .schema($0) } ?? .jsonObject
        }
    }

    private mutating func readModality(_ names: [String]) throws(Gemini.Failure) {
        let wanted = Set(names.compactMap { Modality(rawValue: $0) })
        let offered: Set<Modality> = model.speaks ? [.audio] : model.paints ? [.text, .image] : [.text]
        if !wanted.isSubset(of: offered) {
            let list = names.map { $0.lowercased() }.joined(separator: ", ")
            throw .invalid("The requested combination of response modalities (\(list)) is not supported by the model.")
        }
        if model.speaks {
            modality = .audio
        } else if model.paints, wanted.isEmpty || wanted.contains(.image) {
            modality = .image
        }
    }

    private mutating func readThinking(_ config: JSON) throws(Gemini.Failure) {
        let budget = config["thinkingBudget"]?.int
        let level = config["thinkingLevel"]?.string
        if budget != nil, level != nil {
            throw .invalid("You can only set only one of thinking budget and thinking level.")
        }
        if !model.thinks {
            if budget ?? 0 != 0 || level != nil { throw .invalid("Thinking is not supported by this model.") }
            return
        }
        if level != nil, model.generation < 3 { throw .invalid("Thinking level is not supported for this model.") }
        if let budget, budget != -1, !(budget == 0 && model.canRest), !model.budgets.contains(Int(budget)) {
            if budget == 0 { throw .noRest }
            throw .invalid(
                "The thinking budget \(budget) is invalid. Please choose a value between "
                    + "\(model.budgets.lowerBound) and \(model.budgets.upperBound).")
        }
        let levels = ["MINIMAL": 8, "LOW": 16, "MEDIUM": 32, "HIGH": 64, "XHIGH": 96]
        prompt.reasoningTokens =
            budget.map { $0 < 0 ? 32 : min(Int($0), 64) } ?? level.flatMap { levels[$0] } ?? 32
        showsThoughts = config["includeThoughts"]?.bool ?? false
    }
}
