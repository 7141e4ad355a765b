import JSON

extension PaLM {
    /// The fields of the requests, from the service's API description (spec/wire/palm.md §§1–3).
    enum Fields {
        private static let message: Google.Shape = .message(
            "Message", ["author": .string, "content": .string, "citationMetadata": .object])
        private static let messagePrompt: Google.Shape = .message(
            "MessagePrompt",
            [
                "context": .string, "messages": .list(message),
                "examples": .list(.message("Example", ["input": message, "output": message])),
            ])
        private static let textPrompt: Google.Shape = .message("TextPrompt", ["text": .string])

        static let generateMessage: [String: Google.Shape] = [
            "model": .string, "prompt": messagePrompt, "temperature": .float, "candidateCount": .int, "topP": .float,
            "topK": .int,
        ]
        static let countMessageTokens: [String: Google.Shape] = ["model": .string, "prompt": messagePrompt]
        static let countTextTokens: [String: Google.Shape] = ["model": .string, "prompt": textPrompt]
        static let embedText: [String: Google.Shape] = ["model": .string, "text": .string]
        static let batchEmbedText: [String: Google.Shape] = ["model": .string, "texts": .list(.string)]

        static let categories = [
            "HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_DEROGATORY", "HARM_CATEGORY_TOXICITY",
            "HARM_CATEGORY_VIOLENCE", "HARM_CATEGORY_SEXUAL", "HARM_CATEGORY_MEDICAL", "HARM_CATEGORY_DANGEROUS",
        ]
        static let thresholds = [
            "HARM_BLOCK_THRESHOLD_UNSPECIFIED", "BLOCK_LOW_AND_ABOVE", "BLOCK_MEDIUM_AND_ABOVE", "BLOCK_ONLY_HIGH",
        ]
        static let probabilities = ["HARM_PROBABILITY_UNSPECIFIED", "NEGLIGIBLE", "LOW", "MEDIUM", "HIGH"]
        static let reasons = ["BLOCKED_REASON_UNSPECIFIED", "SAFETY", "OTHER"]

        static func generateText(_ place: Place) -> [String: Google.Shape] {
            let thresholds = place.isLater ? thresholds + ["BLOCK_NONE"] : thresholds
            return [
                "model": .string, "prompt": textPrompt, "temperature": .float, "candidateCount": .int,
                "maxOutputTokens": .int, "topP": .float, "topK": .int, "stopSequences": .list(.string),
                "safetySettings": .list(
                    .message(
                        "SafetySetting",
                        [
                            "category": .choice("HarmCategory", categories),
                            "threshold": .choice("HarmBlockThreshold", thresholds),
                        ])),
            ]
        }
    }

    /// Reads a value of an enumeration, by name or by number.
    static func choice(_ name: String, of names: [String], _ call: Call) -> JSON {
        guard Google.wantsNumbers(call), let number = names.firstIndex(of: name) else { return .string(name) }
        return .int(number)
    }

    /// Checks the sampling parameters that both kinds of requests have.
    static func checkSampling(_ body: JSON, _ type: String) throws(Failure) -> Int {
        var problems: [String] = []
        for (key, name) in [("temperature", "temperature"), ("topP", "top_p")] {
            if let value = body[key]?.double, !(0...1 ~= value) {
                problems.append("\(name): must be in the range [0.0, 1.0].")
            }
        }
        let count = body["candidateCount"]?.int ?? 1
        if !(1...8 ~= count) { problems.append("candidate_count: must be in the range [1, 8].") }
        if let top = body["topK"]?.int, top < 0 { problems.append("top_k: must be positive.") }
        if !problems.isEmpty { throw .rules(type, problems) }
        return Int(count)
    }

    /// The reason why nothing is answered: the word `mock-block` or `mock-block-SAFETY` in a text.
    static func blockReason(in text: String) -> String? {
        guard text.firstRange(of: "mock-block") != nil else { return nil }
        return text.firstRange(of: "mock-block-SAFETY") == nil ? "OTHER" : "SAFETY"
    }

    /// The source that is cited for a text with `mock-cite`.
    static func citation(of text: String) -> JSON {
        [
            "citationSources": [
                [
                    "startIndex": 1, "endIndex": .int(max(2, text.utf8.count)),
                    "uri": "https://example.test/cited", "license": "mit",
                ]
            ]
        ]
    }
}
