import JSON

extension Gemini {
    /// What the service offers under a name.
    struct Model {
        enum Kind { case chat, embedding, image }

        let name: String
        /// The name in answers, without alias.
        let version: String
        let kind: Kind
        /// 1, 2, 2.5 or 3, which decide the answer's layout.
        let generation: Double
        let inputLimit: Int
        let outputLimit: Int
        private let base: String

        var thinks: Bool { kind == .chat && generation >= 2.5 && !paints && !speaks }
        /// Pictures are among its answers.
        var paints: Bool { kind == .chat && name.firstRange(of: "-image") != nil }
        /// Answers in sound.
        var speaks: Bool { kind == .chat && name.firstRange(of: "-tts") != nil }

        /// How long it may think; 0 only where thinking can be turned off.
        var budgets: ClosedRange<Int> {
            if base == "gemini-2.5-flash-lite" { return 512...24_576 }
            return base == "gemini-2.5-flash" ? 0...24_576 : 128...32_768
        }
        var canRest: Bool { base.hasPrefix("gemini-2.5-flash") }

        private struct Entry {
            let name: String
            var kind = Kind.chat
            var generation = 1.0
            var input = 1_048_576
            var output = 65_536
        }

        private static let standard = Entry(name: "gemini-2.5-flash", generation: 2.5)
        private static let entries = [
            Entry(name: "gemini-3.6-flash", generation: 3), Entry(name: "gemini-3-pro-preview", generation: 3),
            Entry(name: "gemini-3-pro", generation: 3), Entry(name: "gemini-3-flash-preview", generation: 3),
            Entry(name: "gemini-3-flash", generation: 3), Entry(name: "gemini-2.5-pro", generation: 2.5),
            Entry(name: "gemini-2.5-flash-lite", generation: 2.5),
            Entry(name: "gemini-2.5-flash-image", generation: 2.5),
            Entry(name: "gemini-2.5-flash-preview-tts", generation: 2.5), standard,
            Entry(name: "gemini-2.0-flash-lite", generation: 2, output: 8192),
            Entry(name: "gemini-2.0-flash", generation: 2, output: 8192),
            Entry(name: "gemini-2.0-pro", generation: 2, output: 8192),
            Entry(name: "gemini-exp-1206", generation: 2, output: 8192),
            Entry(name: "gemini-1.5-pro", input: 2_097_152, output: 8192),
            Entry(name: "gemini-1.5-flash", output: 8192), Entry(name: "gemini-1.0-pro", input: 30_720, output: 2048),
            Entry(name: "gemini-pro", input: 30_720, output: 2048),
            Entry(name: "gemini-embedding-2", kind: .embedding, generation: 3, input: 8192, output: 1),
            Entry(name: "gemini-embedding-001", kind: .embedding, generation: 2, input: 2048, output: 1),
            Entry(name: "text-embedding-004", kind: .embedding, input: 2048, output: 1),
            Entry(name: "imagen-4.0-generate-001", kind: .image, input: 480, output: 8192),
            Entry(name: "imagen-3.0-generate-002", kind: .image, input: 480, output: 8192),
        ]
        private static let aliases = [
            "gemini-flash-latest": "gemini-2.5-flash", "gemini-flash-lite-latest": "gemini-2.5-flash-lite",
            "gemini-pro-latest": "gemini-2.5-pro",
        ]
        /// Words by which variants and snapshots go on after a name.
        private static let suffixes: Set = [
            "preview", "exp", "latest", "image", "tts", "8b", "thinking", "mock", "vision", "experimental",
        ]

        static var all: [Model] { entries.compactMap { Model($0.name) } }

        /// `nil` if the service has none by the name; those with `mock-` in them it has.
        init?(_ name: String) {
            let wanted = Self.aliases[name] ?? name
            let known = Self.entries.first { wanted == $0.name || Self.isVariant(wanted, of: $0.name) }
            guard let entry = known ?? (name.firstRange(of: "mock-") == nil ? nil : Self.standard) else { return nil }
            self.name = name
            base = entry.name
            (kind, generation, inputLimit, outputLimit) = (entry.kind, entry.generation, entry.input, entry.output)
            let plain = wanted.hasSuffix("-latest") ? String(wanted.dropLast(7)) : wanted
            version = entry.generation == 1 && plain == entry.name && kind == .chat ? plain + "-001" : plain
        }

        private static func isVariant(_ name: String, of base: String) -> Bool {
            guard name.hasPrefix(base + "-") else { return false }
            let word = name.dropFirst(base.count + 1).prefix { $0 != "-" }
            return suffixes.contains(String(word)) || (!word.isEmpty && word.allSatisfy(\.isNumber))
        }

        private var methods: JSON {
            switch kind {
            case .chat: ["generateContent", "countTokens", "createCachedContent", "batchGenerateContent"]
            case .embedding: ["embedContent", "batchEmbedContents", "countTokens"]
            case .image: ["predict"]
            }
        }

        /// Such as `Gemini 2.5 Flash`.
        private var title: String {
            name.split(separator: "-").map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined(separator: " ")
        }

        var document: JSON {
            var object: JSONObject = [
                "name": .string("models/\(name)"), "version": "001", "displayName": .string(title),
                "description": .string("What the mock plays as \(title)"), "inputTokenLimit": .int(inputLimit),
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
            return Google.answer(model.document, call)
        }
        return try Google.page(Model.all.map(\.document), as: "models", call)
    }
}

extension Google {
    /// A page of a list, by `pageSize` and `pageToken`.
    static func page(_ items: [JSON], as name: String, _ call: Call) throws(Failure) -> Answer {
        let wanted = call.queryValue("pageSize").flatMap { Int($0) } ?? 0
        if wanted < 0 { throw .rules("ListRequest", ["page_size: must not be negative"]) }
        let size = wanted == 0 ? 50 : min(wanted, 1000)
        let token = call.queryValue("pageToken") ?? ""
        guard let start = token.isEmpty ? 0 : Int(token.dropFirst(2)), 0...items.count ~= start else {
            throw .invalid("Invalid page token.")
        }
        var object = JSONObject()
        let page = items[start...].prefix(size)
        if !page.isEmpty { object.append(name, .array(Array(page))) }
        if start + size < items.count { object.append("nextPageToken", .string("Ch\(start + size)")) }
        return answer(.object(object), call)
    }
}
