package import Chat
package import HTTP
package import JSON

/// Google's PaLM 2, the API before Gemini (spec/wire/palm.md). Channel type 11. It has neither streams nor usage: a
/// client that asks for a stream gets the whole answer as a stream, and the gateway counts the tokens.
package struct PaLM: EmbeddingProvider {
    package let descriptor = ProviderDescriptor(name: "PaLM2", format: .palm, channelTypes: [11])

    private static let defaultBaseURL = "https://generativelanguage.googleapis.com"
    /// The only chat model of this API.
    private static let model = "chat-bison-001"

    package init() {}

    // MARK: Chat

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        Self.request(call, "v1beta2/models/\(Self.model):generateMessage", try PaLMRequestEncoder.encode(request))
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String { "/v1beta2/models" }

    static func request(_ call: ProviderCall, _ path: String, _ body: [UInt8]) -> EncodedRequest {
        let base = call.channel.baseURL.isEmpty ? defaultBaseURL : call.channel.baseURL
        return EncodedRequest(
            url: "\(base)/\(path)",
            headers: [
                "Content-Type": "application/json", "Accept": "application/json", "x-goog-api-key": call.channel.key,
            ], body: body)
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        try PaLMAnswerReader.read(try Self.root(body, status: status, contentType: contentType))
    }

    static func root(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> LazyJSON {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        return root
    }

    package func decoder() -> PaLMDecoder { PaLMDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        GeminiErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }
}

/// A decoder that is never used, because PaLM answers in one piece.
package struct PaLMDecoder: AnswerDecoder {
    package private(set) var isOver = false

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        guard !isOver else { return }
        isOver = true
        events.append(.failed(OpenAIErrors.eventNotJSON))
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        if !isOver { events.append(.failed(OpenAIErrors.cutStream)) }
        isOver = true
    }
}
