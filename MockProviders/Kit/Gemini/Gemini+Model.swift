import JSON

extension Gemini {
    /// What the service offers under a name.
    struct Model {
        enum Kind { case chat, embedding }

        let name: String
        let kind: Kind
        /// 1, 2, 2.5 or 3, which decide the answer's layout.
        let generation: Double
        let inputLimit: Int
        let outputLimit: Int

        var thinks: Bool { kind == .chat && generation >= 2.5 }
        /// Thinking can not be turned off.
        var alwaysThinks: Bool { thinks && (generation >= 3 || base == "gemini-2.5-pro") }
        private let base: String

        private static let bases: [(name: String, kind: Kind, generation: Double, input: Int, output: Int)] = [
            ("gemini-3.6-flash", .chat, 3, 1_048_576, 65_536), ("gemini-3-pro", .chat, 3, 1_048_576, 65_536),
            ("gemini-3-flash", .chat, 3, 1_048_576, 65_536), ("gemini-2.5-pro", .chat, 2.5, 1_048_576, 65_536),
            ("gemini-2.5-flash-lite", .chat, 2.5, 1_048_576, 65_536),
            ("gemini-2.5-flash", .chat, 2.5, 1_048_576, 65_536), ("gemini-2.0-flash", .chat, 2, 1_048_576, 8192),
            ("gemini-2.0-pro", .chat, 2, 1_048_576, 8192), ("gemini-1.5-pro", .chat, 1, 2_097_152, 8192),
            ("gemini-1.5-flash", .chat, 1, 1_048_576, 8192), ("gemini-1.0-pro", .chat, 1, 30_720, 2048),
            ("gemini-pro", .chat, 1, 30_720, 2048), ("gemini-embedding-2", .embedding, 3, 8192, 1),
            ("gemini-embedding-001", .embedding, 2, 2048, 1), ("text-embedding-004", .embedding, 1, 2048, 1),
        ]

        static var all: [Model] { bases.compactMap { Model($0.name) } }

        /// `nil` if the service has none by the name; those with `mock-` in them it has.
        init?(_ name: String) {
            let known = Self.bases.first { name == $0.name || name.hasPrefix($0.name + "-") }
            guard let entry = known ?? (name.firstRange(of: "mock-") == nil ? nil : Self.bases[5]) else { return nil }
            self.name = name
            base = entry.name
            (kind, generation, inputLimit, outputLimit) = (entry.kind, entry.generation, entry.input, entry.output)
        }

        var document: JSON {
            let methods: JSON =
                kind == .chat
                ? ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"]
                : ["embedContent", "batchEmbedContents", "countTokens"]
            var object: JSONObject = [
                "name": .string("models/\(name)"), "version": "001", "displayName": .string(name),
                "description": .string("What the mock plays as \(name)"), "inputTokenLimit": .int(inputLimit),
                "outputTokenLimit": .int(outputLimit), "supportedGenerationMethods": methods,
            ]
            guard kind == .chat else { return .object(object) }
            object.append("temperature", .int(1))
            object.append("topP", .double(0.95))
            object.append("topK", .int(64))
            object.append("maxTemperature", .int(2))
            if thinks { object.append("thinking", .bool(true)) }
            return .object(object)
        }
    }

    func model(_ name: String, _ kind: Model.Kind, _ verb: String, _ place: Place) throws(Failure) -> Model {
        guard let model = Model(name), model.kind == kind else { throw .noModel(name, place.version, verb) }
        return model
    }

    func models(_ name: String?, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        if let name {
            guard let model = Model(name) else { throw .noModel(name, place.version, "generateContent") }
            return Self.answer(model.document, call)
        }
        let size = min(max(1, call.queryValue("pageSize").flatMap { Int($0) } ?? 50), 1000)
        let start = min(max(0, call.queryValue("pageToken").flatMap { Int($0.dropFirst(2)) } ?? 0), Model.all.count)
        let page = Model.all[start...].prefix(size)
        var object: JSONObject = ["models": .array(page.map(\.document))]
        if start + size < Model.all.count { object.append("nextPageToken", .string("Ch\(start + size)")) }
        return Self.answer(.object(object), call)
    }
}
