import JSON

extension Gemini {
    /// The contents, checked (spec/wire/gemini.md §§2, 4.4, 9).
    struct Talk {
        private(set) var tokens = 0
        private(set) var lastUserText = ""
        /// The results of the functions that were called last. It is empty if something was said since.
        private(set) var results: [String] = []
        private(set) var images = 0
        /// The tokens of pictures, audio and the like, by kind.
        private(set) var media: [String: Int] = [:]
        private(set) var prefixes: [PromptMemory.Prefix] = []
        /// The function calls of the model's last turn. The next turn has to answer them.
        private var open = 0
        private let model: Model
        private let isVertex: Bool
        private let gemini: Gemini

        /// - Parameter head: the text before the contents, and its tokens.
        init(
            _ contents: JSON?, _ model: Model, _ place: Place, head: (text: String, tokens: Int), _ gemini: Gemini
        ) throws(Failure) {
            (self.model, self.gemini, isVertex) = (model, gemini, place.isVertex)
            guard let contents = contents?.array, !contents.isEmpty else { throw .noContents }
            var hash = StableHash()
            hash.mix(model.name)
            hash.mix(head.text)
            for (index, content) in contents.enumerated() {
                try read(content, index)
                let text = Self.text(content)
                tokens += gemini.prompts.count(text, model: model.name)
                hash.mix(text)
                prefixes.append(PromptMemory.Prefix(hash: hash.value, tokens: head.tokens + tokens))
            }
        }

        private mutating func read(_ content: JSON, _ index: Int) throws(Failure) {
            let role = content["role"]?.string ?? "user"
            guard ["user", "model", "function", ""].contains(role) else { throw .badRole }
            let parts = content["parts"]?.array ?? []
            if parts.isEmpty { throw .rule("contents[\(index)].parts: contents.parts must not be empty.") }
            var calls = 0
            var answers: [String] = []
            var texts: [String] = []
            for (place, part) in parts.enumerated() {
                let path = "contents[\(index)].parts[\(place)]"
                try checkPayload(part, path)
                if let text = part["text"]?.string, part["thought"]?.bool != true { texts.append(text) }
                if let response = part["functionResponse"] { answers.append(try Self.result(response, path)) }
                if let call = part["functionCall"] {
                    try check(call, part, path, isFirst: calls == 0, position: index + 1)
                    calls += 1
                }
                try readMedia(part)
                for extra in part["functionResponse"]?["parts"]?.array ?? [] { try readMedia(extra) }
            }
            if role == "model" {
                if calls > 0, index == 0 { throw .misplacedCall }
                open = calls
                results = []
                return
            }
            if answers.count != open { throw .unequalResponses }
            open = 0
            if !texts.isEmpty { lastUserText = texts.joined(separator: "\n") }
            results = answers
        }

        private static let payloads = [
            "text", "inlineData", "fileData", "functionCall", "functionResponse", "executableCode",
            "codeExecutionResult", "toolCall", "toolResponse",
        ]

        private func checkPayload(_ part: JSON, _ path: String) throws(Failure) {
            guard Self.payloads.count(where: { part[$0] != nil }) == 1 else { throw .emptyPart(path) }
            if isVertex, part["text"]?.string == "" {
                throw .invalid(
                    "Unable to submit request because it must have a text parameter. Add a text parameter and try again."
                )
            }
        }

        private static func result(_ response: JSON, _ path: String) throws(Failure) -> String {
            guard response["name"]?.string?.isEmpty == false else {
                throw .rule("\(path).function_response.name: Name cannot be empty.")
            }
            let value = response["response"] ?? [:]
            return value["result"]?.string ?? value["output"]?.string ?? value.text
        }

        /// Checks a call. From generation 3 on, the first call of a turn has to carry a signature.
        private func check(
            _ call: JSON, _ part: JSON, _ path: String, isFirst: Bool, position: Int
        ) throws(Failure) {
            guard let name = call["name"]?.string, !name.isEmpty else {
                throw .rule("\(path).function_call.name: Name cannot be empty.")
            }
            guard model.generation >= 3, isFirst else { return }
            guard let signature = part["thoughtSignature"]?.string else {
                throw .noSignature(name, position: position)
            }
            let dummies = ["skip_thought_signature_validator", "context_engineering_is_the_way_to_go"]
            if dummies.contains(signature) || dummies.map({ Base64.encode(Array($0.utf8)) }).contains(signature) {
                return
            }
            if !signature.hasPrefix(Gemini.signatureHead) { throw .invalid("Corrupted thought signature.") }
        }
    }

    static let signatureHead = Base64.encode(Array("mock-thought".utf8))
}

extension Gemini.Talk {
    private static let imageTypes: Set = ["image/png", "image/jpeg", "image/webp", "image/heic", "image/heif"]

    private static func kind(_ type: String) -> String? {
        if type == "application/pdf" { return "DOCUMENT" }
        switch type.prefix(while: { $0 != "/" }) {
        case "image": return imageTypes.contains(type) ? "IMAGE" : nil
        case "audio": return "AUDIO"
        case "video": return "VIDEO"
        case "text": return "TEXT"
        default: return nil
        }
    }

    private mutating func readMedia(_ part: JSON) throws(Gemini.Failure) {
        guard let blob = part["inlineData"] ?? part["fileData"] else { return }
        let uri = part["fileData"].map { $0["fileUri"]?.string ?? "" }
        if let uri { try gemini.checkFile(uri) }
        // A file's address may come without a type. It is then read as a video.
        let type = blob["mimeType"]?.string ?? (uri == nil ? "" : "video/mp4")
        guard let kind = Self.kind(type) else { throw .invalid("Unsupported MIME type: \(type.prefix(80))") }
        if uri == nil { try check(blob["data"]?.string ?? "", type) }
        if kind == "IMAGE" { images += 1 }
        if kind != "TEXT" { media[kind, default: 0] += 258 }
        tokens += 258
    }

    private func check(_ data: String, _ type: String) throws(Gemini.Failure) {
        guard let bytes = Google.decode(data), !bytes.isEmpty else { throw .badImage }
        let magic: [UInt8] =
            switch type {
            case "image/png": [0x89, 0x50, 0x4e, 0x47]
            case "image/jpeg": [0xff, 0xd8]
            case "image/webp": [0x52, 0x49, 0x46, 0x46]
            default: []
            }
        if !bytes.starts(with: magic) { throw .badImage }
    }

    /// All text in a value. It is counted, and caches compare it.
    static func text(_ value: JSON) -> String {
        var text = ""
        append(value, to: &text)
        return text
    }

    private static let silent: Set = ["inlineData", "thoughtSignature", "role", "type"]
    private static let containers: Set = [
        "name", "description", "args", "response", "parametersJsonSchema", "text", "parts", "functionCall",
        "functionResponse", "functionDeclarations",
    ]

    private static func append(_ value: JSON, to text: inout String) {
        switch value {
        case .string(let part): text += part
        case .array(let items): for item in items { append(item, to: &text) }
        case .object(let object):
            for member in object.members where !silent.contains(member.key) {
                if member.key == "parameters" {
                    text += member.value.text
                    continue
                }
                if !containers.contains(member.key) { text += member.key }
                append(member.value, to: &text)
            }
        case .number, .bool: text += value.text
        case .null: break
        }
    }
}
