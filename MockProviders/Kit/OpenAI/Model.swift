/// What the mock knows of a model.
struct Model: Sendable {
    enum Kind: Sendable { case chat, reasoning, completion, embedding, image, speech, transcription, moderation, any }

    let id: String
    /// The name in answers.
    let snapshot: String
    let kind: Kind
    let context: Int
    let maxOutput: Int
    var created = 1_721_172_741
    var owner = "system"

    var isReasoning: Bool { kind == .reasoning }
    /// Searches the web before each answer.
    var searches: Bool { id.firstRange(of: "search") != nil }
    var isChat: Bool { kind == .chat || kind == .reasoning || kind == .any }
    var serves: (Kind) -> Bool { { self.kind == $0 || self.kind == .any } }

    /// A listed model, one of its snapshots, or any name with `mock-` in it.
    static func find(_ name: String) -> Model? {
        if let known = byName[name] { return known }
        guard name.firstRange(of: "mock-") != nil else { return nil }
        let isReasoning = name.firstRange(of: "mock-reasoning") != nil
        return Model(
            id: name, snapshot: name, kind: isReasoning ? .reasoning : .any, context: .max, maxOutput: .max,
            owner: "mock")
    }

    private static let byName: [String: Model] = {
        var names: [String: Model] = [:]
        for model in all {
            names[model.snapshot] = model
            names[model.id] = model
        }
        return names
    }()

    private static func row(
        _ id: String, _ snapshot: String, _ kind: Kind, _ context: Int = 8192, _ output: Int = 4096
    ) -> Model {
        Model(id: id, snapshot: snapshot, kind: kind, context: context, maxOutput: output)
    }

    static let all: [Model] = [
        row("gpt-4o", "gpt-4o-2024-08-06", .chat, 128_000, 16_384),
        row("gpt-4o-2024-05-13", "gpt-4o-2024-05-13", .chat, 128_000, 4096),
        row("gpt-4o-2024-11-20", "gpt-4o-2024-11-20", .chat, 128_000, 16_384),
        row("gpt-4o-mini", "gpt-4o-mini-2024-07-18", .chat, 128_000, 16_384),
        row("gpt-4o-audio-preview", "gpt-4o-audio-preview-2025-06-03", .chat, 128_000, 16_384),
        row("gpt-4o-search-preview", "gpt-4o-search-preview-2025-03-11", .chat, 128_000, 16_384),
        row("chatgpt-4o-latest", "chatgpt-4o-latest", .chat, 128_000, 16_384),
        row("gpt-4.1", "gpt-4.1-2025-04-14", .chat, 1_047_576, 32_768),
        row("gpt-4.1-mini", "gpt-4.1-mini-2025-04-14", .chat, 1_047_576, 32_768),
        row("gpt-4.1-nano", "gpt-4.1-nano-2025-04-14", .chat, 1_047_576, 32_768),
        row("gpt-4", "gpt-4-0613", .chat, 8192, 8192),
        row("gpt-4-turbo", "gpt-4-turbo-2024-04-09", .chat, 128_000, 4096),
        row("gpt-3.5-turbo", "gpt-3.5-turbo-0125", .chat, 16_385, 4096),
        row("gpt-3.5-turbo-1106", "gpt-3.5-turbo-1106", .chat, 16_385, 4096),
        row("gpt-3.5-turbo-16k", "gpt-3.5-turbo-16k-0613", .chat, 16_385, 4096),
        row("gpt-5", "gpt-5-2025-08-07", .reasoning, 400_000, 128_000),
        row("gpt-5-mini", "gpt-5-mini-2025-08-07", .reasoning, 400_000, 128_000),
        row("gpt-5-nano", "gpt-5-nano-2025-08-07", .reasoning, 400_000, 128_000),
        row("gpt-5.1", "gpt-5.1-2025-11-13", .reasoning, 400_000, 128_000),
        row("o1", "o1-2024-12-17", .reasoning, 200_000, 100_000),
        row("o1-mini", "o1-mini-2024-09-12", .reasoning, 128_000, 65_536),
        row("o3", "o3-2025-04-16", .reasoning, 200_000, 100_000),
        row("o3-mini", "o3-mini-2025-01-31", .reasoning, 200_000, 100_000),
        row("o4-mini", "o4-mini-2025-04-16", .reasoning, 200_000, 100_000),
        row("gpt-3.5-turbo-instruct", "gpt-3.5-turbo-instruct:20230824-v2", .completion, 4096, 4096),
        row("davinci-002", "davinci-002", .completion, 16_384, 16_384),
        row("babbage-002", "babbage-002", .completion, 16_384, 16_384),
        row("text-embedding-ada-002", "text-embedding-ada-002-v2", .embedding),
        row("text-embedding-3-small", "text-embedding-3-small", .embedding),
        row("text-embedding-3-large", "text-embedding-3-large", .embedding),
        row("dall-e-2", "dall-e-2", .image), row("dall-e-3", "dall-e-3", .image),
        row("gpt-image-1", "gpt-image-1", .image), row("gpt-image-1-mini", "gpt-image-1-mini", .image),
        row("tts-1", "tts-1", .speech), row("tts-1-hd", "tts-1-hd", .speech),
        row("gpt-4o-mini-tts", "gpt-4o-mini-tts", .speech),
        row("whisper-1", "whisper-1", .transcription),
        row("gpt-4o-transcribe", "gpt-4o-transcribe", .transcription),
        row("gpt-4o-mini-transcribe", "gpt-4o-mini-transcribe", .transcription),
        row("omni-moderation-latest", "omni-moderation-latest", .moderation),
        row("text-moderation-latest", "text-moderation-007", .moderation),
        row("ft:gpt-4o-mini-2024-07-18:acme::B1mock01", "ft:gpt-4o-mini-2024-07-18:acme::B1mock01", .chat, 128_000),
        row("mock-tokens-50", "mock-tokens-50", .any, .max, .max),
        row("mock-reasoning", "mock-reasoning", .reasoning, .max, .max),
    ]
}

extension OpenAI {
    func models(_ call: Call) throws(Failure) -> Answer {
        var ids = call.ids
        let headers = Self.headers(type: "application/json", ids: &ids)
        if call.route == "models" {
            guard call.method == "GET" else { throw .badMethod(call.method, call.route) }
            var document = Document(indent: 2, reserving: 8192)
            document.object { list in
                list.member("object", "list")
                list.array("data", { data in for model in Model.all { data.object(model.write) } })
            }
            return Answer(headers: headers, body: .whole(document.bytes + [0x0a]))
        }
        let name = call.identity.model ?? ""
        guard let model = Model.find(name) else { throw .noModel(name) }
        var document = Document(indent: 2)
        switch call.method {
        case "GET": document.object(model.write)
        case "DELETE":
            guard name.hasPrefix("ft:") else {
                throw Failure(
                    status: 403, message: "You have insufficient permissions for this operation.", layer: .front)
            }
            document.object { marker in
                marker.member("id", name)
                marker.member("object", "model")
                marker.key("deleted")
                marker.bool(true)
            }
        default: throw .badMethod(call.method, call.route)
        }
        return Answer(headers: headers, body: .whole(document.bytes + [0x0a]))
    }
}

extension Model {
    func write(to document: inout Document) {
        document.member("id", id)
        document.member("object", "model")
        document.member("created", created)
        document.member("owned_by", owner)
    }
}
