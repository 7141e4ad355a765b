import JSON

extension Gemini {
    /// A model that the service offers: an entry of the table (`Gemini+Table.swift`), or a variant of one.
    struct Model {
        enum Kind { case chat, embedding, image }

        let name: String
        /// The model's name in answers; an alias is replaced.
        let version: String
        let kind: Kind
        /// The generation: 1, 2, 2.5, or 3 for all later ones. It decides the layout of answers.
        let generation: Double
        let inputLimit: Int
        let outputLimit: Int
        private let base: String

        var thinks: Bool { kind == .chat && generation >= 2.5 && !paints && !speaks }
        /// The model answers with pictures.
        var paints: Bool { kind == .chat && name.firstRange(of: "-image") != nil }
        /// The model answers with audio.
        var speaks: Bool { kind == .chat && name.firstRange(of: "-tts") != nil }

        /// The accepted numbers of thinking tokens. It contains 0 only if thinking can be turned off.
        var budgets: ClosedRange<Int> {
            if base == "gemini-2.5-flash-lite" { return 512...24_576 }
            return base == "gemini-2.5-flash" ? 0...24_576 : 128...32_768
        }
        var canRest: Bool { base.hasPrefix("gemini-2.5-flash") }

        static var all: [Model] { entries.compactMap { Model($0.name) } }

        /// `nil` if the service has no such model. Any name with `mock-` in it is a model.
        init?(_ name: String) {
            let wanted = Self.aliases[name] ?? name
            let known = Self.entries.first { wanted == $0.name || Self.isVariant(wanted, of: $0.name) }
            guard let entry = known ?? (name.firstRange(of: "mock-") == nil ? nil : Entry.standard) else { return nil }
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

        /// The title, such as `Gemini 2.5 Flash`.
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
    /// A page of a list, as `pageSize` and `pageToken` ask for it.
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
