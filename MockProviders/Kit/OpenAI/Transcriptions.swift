import HTTP
import JSON

/// The request and the answer of a transcription or translation (spec/wire/openai.md §8).
struct Transcript {
    let model: Model
    let name: String
    let format: String
    let isTranslation: Bool
    let isStream: Bool
    let language: String
    let granularities: [String]
    let text: String
    let seconds: Int
    private let fault: UsageFault

    static let formats = ["json", "text", "srt", "verbose_json", "vtt"]
    private static let common = ["file", "model", "prompt", "response_format", "temperature"]
    private static let transcribing = [
        "language", "timestamp_granularities[]", "timestamp_granularities", "include[]", "chunking_strategy", "stream",
        "known_speaker_names[]", "known_speaker_references[]", "languages[]", "keywords[]",
    ]
    private static let endings = ["flac", "mp3", "mp4", "mpeg", "mpga", "m4a", "ogg", "oga", "wav", "webm"]

    init(_ call: Call, isTranslation: Bool) throws(Failure) {
        fault = call.usage
        let form = try call.fields()
        try form.check(known: Self.common + (isTranslation ? [] : Self.transcribing))
        (name, model) = try call.model(named: form["model"]?.text, for: .transcription)
        guard let file = form["file"] else { throw .missing("file") }
        try Self.check(file)
        let isNew = name.hasPrefix("gpt-")
        format = form["response_format"]?.text ?? "json"
        guard Self.formats.contains(format) || format == "diarized_json" else {
            throw .badChoice("response_format", format, Self.formats)
        }
        if isNew, format != "json" { throw .unsupportedChoice("response_format", format) }
        if let text = form["temperature"]?.text {
            guard let value = Double(text) else { throw .invalid("Invalid 'temperature'.", param: "temperature") }
            if !(0...1).contains(value) {
                throw .outOfRange("temperature", "decimal", below: value < 0, value < 0 ? "0" : "1", text)
            }
        }
        granularities = form.all("timestamp_granularities").map(\.text)
        if !granularities.isEmpty, format != "verbose_json" {
            throw .invalid(
                "Timestamp granularities are only supported with response_format 'verbose_json'.",
                param: "timestamp_granularities")
        }
        // whisper-1 ignores `stream`.
        isStream = try form.bool("stream") ?? false && name != "whisper-1"
        language = isTranslation ? "english" : form["language"]?.text == "de" ? "german" : "english"
        seconds = max(1, file.body.count / 48_000)
        text = call.script?.text ?? "Hello there. This is \(seconds) seconds of mock audio."
        self.isTranslation = isTranslation
    }

    private static func check(_ file: MultipartForm.Part) throws(Failure) {
        guard file.body.count <= 26_214_400 else { throw .tooLarge(limit: 26_214_400) }
        let ending = file.fileName?.split(separator: ".").last?.lowercased() ?? ""
        guard endings.contains(ending) else {
            throw .invalid(
                "Unrecognized file format. Supported formats: ['flac', 'm4a', 'mp3', 'mp4', 'mpeg', 'mpga', 'oga', "
                    + "'ogg', 'wav', 'webm']", param: "file")
        }
        if file.body.count < 4 {
            throw .invalid(
                "Audio file is too short. Minimum audio length is 0.1 seconds.", param: "file", code: "audio_too_short")
        }
    }

    var tokens: [Piece] { tokenPieces(text, model: model.id) }
    var inputTokens: Int { seconds * 10 }

    /// The usage as the answer reports it; `nil` under the fault that leaves it out.
    var usage: JSON? { fault.told(truth) }

    /// Newer models bill tokens, `whisper-1` bills seconds.
    private var truth: JSON {
        if name == "whisper-1" { return ["type": "duration", "seconds": .int(seconds)] }
        let output = tokens.count
        return [
            "type": "tokens", "input_tokens": .int(inputTokens),
            "input_token_details": ["text_tokens": 0, "audio_tokens": .int(inputTokens)],
            "output_tokens": .int(output), "total_tokens": .int(inputTokens + output),
        ]
    }

    var subtitle: String {
        let end = seconds < 10 ? "0\(seconds)" : "\(min(seconds, 59))"
        return format == "srt"
            ? "1\n00:00:00,000 --> 00:00:\(end),000\n\(text)\n\n"
            : "WEBVTT\n\n00:00.000 --> 00:\(end).000\n\(text)\n\n"
    }

    var verbose: JSON {
        let end = JSON.number(JSONNumber(text: "\(seconds).0"))
        let zero = JSON.number(JSONNumber(text: "0.0"))
        var object: JSONObject = [
            "task": isTranslation ? "translate" : "transcribe", "language": .string(language), "duration": end,
            "text": .string(text),
        ]
        if granularities.isEmpty || granularities.contains("segment") {
            object.append(
                "segments",
                [
                    [
                        "id": 0, "seek": 0, "start": zero, "end": end, "text": .string(" " + text),
                        "tokens": [50364, 2425, 456, 13, 50509], "temperature": zero, "avg_logprob": -0.28,
                        "compression_ratio": 0.6, "no_speech_prob": 0.01,
                    ]
                ])
        }
        if granularities.contains("word") { object.append("words", .array(words)) }
        if let usage { object.append("usage", usage) }
        return .object(object)
    }

    private var words: [JSON] {
        let words = text.split(separator: " ")
        return words.enumerated().map { index, word in
            let step = Double(seconds) / Double(words.count)
            return [
                "word": .string(word.filter { $0.isLetter || $0.isNumber }), "start": .double(step * Double(index)),
                "end": .double(step * Double(index + 1)),
            ]
        }
    }
}

extension OpenAI {
    func transcriptions(_ call: Call) throws(Failure) -> Answer {
        try write(Transcript(call, isTranslation: false), call)
    }

    func translations(_ call: Call) throws(Failure) -> Answer { try write(Transcript(call, isTranslation: true), call) }

    private func write(_ transcript: Transcript, _ call: Call) throws(Failure) -> Answer {
        var ids = call.ids
        var type = "application/json"
        let body: Answer.Body
        switch transcript.format {
        case _ where transcript.isStream:
            type = "text/event-stream; charset=utf-8"
            body = .events(events(transcript), end: [])
        case "text", "srt", "vtt":
            type = "text/plain; charset=utf-8"
            body = .whole(Array((transcript.format == "text" ? transcript.text + "\n" : transcript.subtitle).utf8))
        case "verbose_json": body = .whole(transcript.verbose.encodedPretty() + [0x0a])
        default:
            var object: JSONObject = ["text": .string(transcript.text)]
            if let usage = transcript.usage { object.append("usage", usage) }
            body = .whole(JSON.object(object).encodedPretty() + [0x0a])
        }
        let headers = Self.headers(type: type, ids: &ids)
        let served = Served(
            id: headers["x-request-id"] ?? "", model: transcript.name, key: call.identity.key ?? "",
            promptTokens: transcript.inputTokens, completionTokens: transcript.tokens.count, cachedTokens: 0)
        return Answer(headers: headers, body: body, served: served)
    }

    private func events(_ transcript: Transcript) -> [[UInt8]] {
        var done: JSONObject = ["type": "transcript.text.done", "text": .string(transcript.text)]
        if let usage = transcript.usage { done.append("usage", usage) }
        return transcript.tokens.map { Self.event(["type": "transcript.text.delta", "delta": .string($0.text)]) } + [
            Self.event(.object(done))
        ]
    }
}
