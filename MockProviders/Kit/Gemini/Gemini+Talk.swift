import JSON

extension Gemini {
    /// The contents, checked (spec/wire/gemini.md §§2, 4.4, 9).
    struct Talk {
        private(set) var tokens = 0
        private(set) var lastUserText = ""
        private(set) var results: [String] = []
        private(set) var images = 0
        /// Tokens of what is no text, by kind.
        private(set) var media: [String: Int] = [:]
        private(set) var prefixes: [PromptMemory.Prefix] = []
        /// Function calls of the model's turn before.
        private var open = 0
        private let name: String
        private let demandsSignatures: Bool

        init() { (name, demandsSignatures) = ("", false) }

        init(_ contents: JSON?, _ model: Model, _ prompts: PromptMemory) throws(Failure) {
            name = model.name
            demandsSignatures = model.generation >= 3
            guard let contents = contents?.array, !contents.isEmpty else {
                throw .rule("contents: contents is not specified")
            }
            var hash = StableHash()
            hash.mix(model.name)
            for (index, content) in contents.enumerated() {
                try read(content, index, isFirst: index == 0)
                let text = Self.text(content)
                tokens += prompts.count(text, model: name)
                hash.mix(text)
                prefixes.append(PromptMemory.Prefix(hash: hash.value, tokens: tokens))
            }
            if open > 0, contents.last?["role"]?.string == "model" { open = 0 }
        }

        private mutating func read(_ content: JSON, _ index: Int, isFirst: Bool) throws(Failure) {
            let role = content["role"]?.string ?? "user"
            guard ["user", "model", "function"].contains(role) else {
                throw .invalid("Please use a valid role: user, model.")
            }
            let parts = content["parts"]?.array ?? []
            if parts.isEmpty { throw .rule("contents[\(index)].parts: contents.parts must not be empty.") }
            var calls = 0
            var answers: [String] = []
            var texts: [String] = []
            for (place, part) in parts.enumerated() {
                let payloads = [
                    "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode",
                    "codeExecutionResult", "toolCall", "toolResponse",
                ].filter { part[$0] != nil }
                guard payloads.count == 1 else {
                    throw .rule(
                        "contents[\(index)].parts[\(place)].data: required oneof field 'data' must have one initialized "
                            + "field")
                }
                if let text = part["text"]?.string { texts.append(text) }
                if let response = part["functionResponse"] { answers.append(try Self.result(response, index, place)) }
                if let call = part["functionCall"] {
                    try check(call, part, isFirst: calls == 0)
                    calls += 1
                }
                try readMedia(part)
            }
            try pair(role, calls: calls, answers: answers.count, isFirst: isFirst)
            if role == "user", !texts.isEmpty { lastUserText = texts.joined(separator: "\n") }
            results = role == "model" ? [] : answers
        }

        private static func result(_ response: JSON, _ index: Int, _ place: Int) throws(Failure) -> String {
            guard response["name"]?.string?.isEmpty == false else {
                throw .rule(
                    "contents[\(index)].parts[\(place)].function_response.name: Name cannot be empty.")
            }
            let value = response["response"] ?? [:]
            return value["result"]?.string ?? value["output"]?.string ?? value.text
        }

        private func check(_ call: JSON, _ part: JSON, isFirst: Bool) throws(Failure) {
            guard call["name"]?.string?.isEmpty == false else { throw .invalid("Function call name cannot be empty.") }
            guard demandsSignatures, isFirst else { return }
            guard let signature = part["thoughtSignature"]?.string else {
                throw .invalid(
                    "Function call is missing a thought_signature in functionCall parts. This is required for tools to "
                        + "work correctly, and missing thought_signature may lead to degraded model performance.")
            }
            let isDummy = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"].contains(
                signature)
            if !isDummy, !signature.hasPrefix(Gemini.signatureHead) { throw .invalid("Corrupted thought signature.") }
        }

        private mutating func pair(_ role: String, calls: Int, answers: Int, isFirst: Bool) throws(Failure) {
            if role == "model" {
                if calls > 0, isFirst {
                    throw .invalid(
                        "Please ensure that function call turn comes immediately after a user turn or after a function "
                            + "response turn.")
                }
                open = calls
                return
            }
            if answers > 0 || open > 0, answers != open {
                throw .invalid(
                    "Please ensure that the number of function response parts is equal to the number of function call "
                        + "parts of the function call turn.")
            }
            open = 0
        }

        private mutating func readMedia(_ part: JSON) throws(Failure) {
            let blob = part["inlineData"] ?? part["fileData"]
            guard let blob else { return }
            let type = blob["mimeType"]?.string ?? "application/octet-stream"
            if part["inlineData"] != nil {
                guard let data = blob["data"]?.string, !data.isEmpty else { throw Failure.badImage }
            } else if let uri = blob["fileUri"]?.string, uri.firstRange(of: "mock-missing") != nil {
                throw .denied("You do not have permission to access the File \(uri.prefix(80)) or it may not exist.")
            }
            let kinds = ["image": "IMAGE", "audio": "AUDIO", "video": "VIDEO", "text": "TEXT"]
            let kind = kinds[String(type.prefix { $0 != "/" })] ?? (type == "application/pdf" ? "DOCUMENT" : nil)
            guard let kind else { throw .invalid("Unsupported MIME type: \(type.prefix(80))") }
            if kind == "IMAGE" { images += 1 }
            media[kind, default: 0] += 258
            tokens += 258
        }

        /// The words of a value: what is counted, and what caches recognise.
        static func text(_ value: JSON) -> String {
            var text = ""
            append(value, to: &text)
            return text
        }

        private static func append(_ value: JSON, to text: inout String) {
            switch value {
            case .string(let part): text += part
            case .array(let items): for item in items { append(item, to: &text) }
            case .object(let object):
                for member in object.members {
                    switch member.key {
                    case "inlineData", "thoughtSignature", "role", "type": continue
                    case "name", "description", "args", "response", "parametersJsonSchema", "text", "parts",
                        "functionCall", "functionResponse", "functionDeclarations":
                        append(member.value, to: &text)
                    case "parameters": text += member.value.text
                    default:
                        text += member.key
                        append(member.value, to: &text)
                    }
                }
            case .number, .bool: text += value.text
            case .null: break
            }
        }
    }

    static let signatureHead = Base64.encode(Array("mock-thought".utf8))
}
