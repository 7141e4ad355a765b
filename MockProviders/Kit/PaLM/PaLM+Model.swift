import JSON

extension PaLM {
    enum Kind { case chat, text, embedding }

    private struct Entry {
        let kind: Kind
        let name: String
        let title: String
        let input: Int
        let output: Int
        let methods: [String]
        var temperature: Double?

        var document: JSON {
            var object: JSONObject = [
                "name": .string("models/\(name)"), "version": "001", "displayName": .string(title),
                "description": .string("What the mock plays as \(title)"), "inputTokenLimit": .int(input),
                "outputTokenLimit": .int(output), "supportedGenerationMethods": .array(methods.map { .string($0) }),
            ]
            guard let temperature else { return .object(object) }
            object.append("temperature", .double(temperature))
            object.append("topP", .double(0.95))
            object.append("topK", .int(40))
            return .object(object)
        }
    }

    private static let entries = [
        Entry(
            kind: .chat, name: "chat-bison-001", title: "Chat Bison", input: 4096, output: 1024,
            methods: ["generateMessage", "countMessageTokens"], temperature: 0.25),
        Entry(
            kind: .text, name: "text-bison-001", title: "Text Bison", input: 8196, output: 1024,
            methods: ["generateText", "countTextTokens", "createTunedTextModel"], temperature: 0.7),
        Entry(
            kind: .embedding, name: "embedding-gecko-001", title: "Embedding Gecko", input: 1024, output: 1,
            methods: ["embedText", "countTextTokens"]),
    ]

    static let outputLimit = 1024

    /// Refuses a model that does not exist or cannot do this. Models with `mock-` in their names can do everything.
    func check(_ name: String, _ kinds: Set<Kind>, _ verb: String, _ place: Place) throws(Failure) {
        if name.firstRange(of: "mock-") != nil { return }
        if Self.entries.contains(where: { $0.name == name && kinds.contains($0.kind) }) { return }
        throw .noModel(name, place.version, verb)
    }

    func models(_ name: String?, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        guard let name else { return try Google.page(Self.entries.map(\.document), as: "models", call) }
        guard let entry = Self.entries.first(where: { $0.name == name }) else {
            throw .noModel(name, place.version, "generateMessage")
        }
        return Google.answer(entry.document, call)
    }
}
