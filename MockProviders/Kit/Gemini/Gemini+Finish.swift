extension Gemini {
    /// The reason why a candidate ended, and the shape that follows from it (spec/wire/gemini.md §3.1).
    struct Finish {
        enum Content {
            case whole
            /// The content is `{}`.
            case empty
            case none
        }

        let reason: String
        var message: String?
        var content = Content.whole
        var hasRatings = false
        var hasCitations = false

        init(reason: String, message: String? = nil) {
            self.reason = reason
            self.message = message
        }

        init(name: String, _ reply: Reply) {
            reason = name
            let function = reply.calls.first?.name ?? "f"
            switch name {
            case "SAFETY", "IMAGE_SAFETY":
                content = .empty
                hasRatings = true
            case "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE", "IMAGE_PROHIBITED_CONTENT",
                "IMAGE_RECITATION", "NO_IMAGE", "IMAGE_OTHER", "MALFORMED_RESPONSE":
                content = .empty
            case "RECITATION":
                content = .none
                hasCitations = true
            case "MALFORMED_FUNCTION_CALL":
                content = .empty
                message = "Malformed function call: print(default_api.\(function)("
            case "UNEXPECTED_TOOL_CALL":
                message = "Unexpected tool call: the model called the undeclared function \(function)."
            case "MODEL_ARMOR":
                content = .none
                message = "The response was blocked by Model Armor."
            default: break
            }
        }
    }
}
