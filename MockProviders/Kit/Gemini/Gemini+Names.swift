import JSON

extension Gemini {
    /// Writes the enumerations of answers: as names, or as numbers for clients that ask for
    /// `$alt=json;enum-encoding=int`.
    struct Names {
        let areNumbers: Bool

        func write(_ key: StaticString, _ name: String, of names: [String], to object: inout Document) {
            object.key(key)
            object.raw(json(name, of: names).text)
        }

        /// The newest values stay names: the description that older clients know has no numbers for them.
        func json(_ name: String, of names: [String]) -> JSON {
            guard areNumbers, let number = names.firstIndex(of: name) else { return .string(name) }
            return .int(number)
        }

        static let finishReasons = [
            "FINISH_REASON_UNSPECIFIED", "STOP", "MAX_TOKENS", "SAFETY", "RECITATION", "OTHER", "LANGUAGE", "BLOCKLIST",
            "PROHIBITED_CONTENT", "SPII", "MALFORMED_FUNCTION_CALL", "IMAGE_SAFETY",
        ]
        static let blockReasons = [
            "BLOCK_REASON_UNSPECIFIED", "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY",
        ]
        static let modalities = ["MODALITY_UNSPECIFIED", "TEXT", "IMAGE", "VIDEO", "AUDIO", "DOCUMENT"]
        static let categories = [
            "HARM_CATEGORY_UNSPECIFIED", "HARM_CATEGORY_DEROGATORY", "HARM_CATEGORY_TOXICITY",
            "HARM_CATEGORY_VIOLENCE", "HARM_CATEGORY_SEXUAL", "HARM_CATEGORY_MEDICAL", "HARM_CATEGORY_DANGEROUS",
            "HARM_CATEGORY_HARASSMENT", "HARM_CATEGORY_HATE_SPEECH", "HARM_CATEGORY_SEXUALLY_EXPLICIT",
            "HARM_CATEGORY_DANGEROUS_CONTENT", "HARM_CATEGORY_CIVIC_INTEGRITY",
        ]
        static let probabilities = ["HARM_PROBABILITY_UNSPECIFIED", "NEGLIGIBLE", "LOW", "MEDIUM", "HIGH"]
        static let languages = ["LANGUAGE_UNSPECIFIED", "PYTHON"]
        static let outcomes = ["OUTCOME_UNSPECIFIED", "OUTCOME_OK"]
        static let states = ["STATE_UNSPECIFIED", "PROCESSING", "ACTIVE"]
    }
}
