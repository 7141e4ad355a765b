package import Chat
package import HTTP
package import JSON

/// api.anthropic.com (spec/wire/anthropic.md). Channel type 14.
package struct Anthropic: Provider {
    package let descriptor = ProviderDescriptor(
        name: "Anthropic", format: .anthropic, channelTypes: [14],
        clientHeaders: ["anthropic-version", "anthropic-beta"])

    static let defaultBaseURL = "https://api.anthropic.com"
    private static let version = "2023-06-01"

    package init() {}

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        let base = call.channel.baseURL.isEmpty ? Self.defaultBaseURL : call.channel.baseURL
        return EncodedRequest(
            url: base + "/v1/messages", headers: headers(call),
            body: try AnthropicRequestEncoder.encode(request, model: call.model))
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String { "/v1/messages" }

    private func headers(_ call: ProviderCall) -> HTTPHeaders {
        var headers: HTTPHeaders = ["Content-Type": "application/json", "Accept": "application/json"]
        // Tokens of an OAuth login are no API keys.
        if call.channel.key.hasPrefix("sk-ant-oat") {
            headers.add("Authorization", "Bearer " + call.channel.key)
        } else {
            headers.add("x-api-key", call.channel.key)
        }
        headers.add("anthropic-version", call.clientHeaders["anthropic-version"] ?? Self.version)
        if let beta = call.clientHeaders["anthropic-beta"] { headers.add("anthropic-beta", beta) }
        return headers
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if root["type"]?.string == "error" || root["error"]?.isObject == true {
            throw AnthropicErrors.failure(inSuccess: root.json)
        }
        guard root["content"]?.isArray == true else {
            throw OpenAIErrors.missing("content", in: root)
        }
        return AnthropicAnswerReader.events(of: root)
    }

    package func decoder() -> AnthropicStreamDecoder { AnthropicStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        AnthropicErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }
}
