import HTTP
import JSON

extension OpenAI {
    private static let speechFields: [String: Rule.Field] = [
        "model": .init(rule: .string(max: 512), isNullable: false), "input": .init(rule: .string(max: 4096)),
        "voice": .init(rule: .any, isNullable: false), "instructions": .init(rule: .string(max: 4096)),
        "response_format": .init(rule: .choice(["mp3", "opus", "aac", "flac", "wav", "pcm"])),
        "speed": .init(rule: .decimal(0.25...4)), "stream_format": .init(rule: .choice(["audio", "sse"])),
    ]
    private static let voices = [
        "alloy", "ash", "ballad", "coral", "echo", "fable", "nova", "onyx", "sage", "shimmer", "verse", "marin",
        "cedar",
    ]

    /// Serves `audio/speech` (spec/wire/openai.md §8).
    func speech(_ call: Call) throws(Failure) -> Answer {
        let body = try call.object()
        let (name, model) = try call.model(in: body, for: .speech)
        try Self.speechFields.check(body, sparing: call.spared)
        guard let input = body["input"]?.string else { throw .missing("input") }
        if input.isEmpty {
            throw .invalid("Invalid 'input': string too short.", param: "input", code: "string_below_min_length")
        }
        guard let voice = body["voice"] else { throw .missing("voice") }
        if let named = voice.string, !Self.voices.contains(named) { throw .badChoice("voice", named, Self.voices) }
        let isOld = name.hasPrefix("tts-1")
        if isOld, body.has("instructions") { throw .unsupported("instructions") }
        let isEvents = body["stream_format"]?.equals("sse") ?? false
        if isOld, isEvents { throw .unsupportedChoice("stream_format", "sse") }
        let format = body["response_format"]?.string ?? "mp3"
        let tokens = countTokens(input, model: model.id)
        var ids = call.ids
        let sound = Sound.bytes(format: format, milliseconds: min(60 * tokens, 20_000))
        let type = isEvents ? "text/event-stream; charset=utf-8" : Self.mediaType(format)
        let headers = Self.headers(type: type, ids: &ids)
        let output = 2 * tokens
        let served = Served(
            id: headers["x-request-id"] ?? "", model: name, key: call.identity.key ?? "", promptTokens: tokens,
            completionTokens: output, cachedTokens: 0)
        if !isEvents { return Answer(headers: headers, body: .pieces(sound.split(every: 8192)), served: served) }
        var events = sound.split(every: 6144).map {
            Self.event(["type": "speech.audio.delta", "audio": .string(Base64.encode($0))])
        }
        var done: JSONObject = ["type": "speech.audio.done"]
        let usage: JSON = [
            "input_tokens": .int(tokens), "output_tokens": .int(output), "total_tokens": .int(tokens + output),
        ]
        if let told = call.usage.told(usage) { done.append("usage", told) }
        events.append(Self.event(.object(done)))
        return Answer(headers: headers, body: .events(events, end: []), served: served)
    }

    private static func mediaType(_ format: String) -> String { format == "mp3" ? "audio/mpeg" : "audio/\(format)" }

    static func event(_ json: JSON) -> [UInt8] { Array("data: ".utf8) + json.encoded() + [0x0a, 0x0a] }
}

extension Failure {
    static func unsupportedChoice(_ name: String, _ got: String) -> Failure {
        .invalid(
            "Unsupported value: '\(name)' does not support '\(got)' with this model.", param: name,
            code: "unsupported_value")
    }
}

extension [UInt8] {
    /// The bytes in pieces of at most `size`.
    func split(every size: Int) -> [[UInt8]] {
        stride(from: 0, to: count, by: size).map { Array(self[$0..<Swift.min($0 + size, count)]) }
    }
}
