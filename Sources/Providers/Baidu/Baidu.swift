package import Chat
package import HTTP
package import JSON

/// aip.baidubce.com, version 1 (spec/wire/baidu.md). Channel type 15; its key is `APIKey|SecretKey`, exchanged for an access
/// token. Version 2 is type 47, a row of `OpenAIVendor`.
package struct Baidu: EmbeddingProvider {
    package let descriptor = ProviderDescriptor(
        name: "Baidu", format: .baidu, channelTypes: [15], needsToken: true)

    private static let defaultBaseURL = "https://aip.baidubce.com"

    package init() {}

    // MARK: Credentials

    private static func pair(_ key: String) -> (id: Substring, secret: Substring)? {
        let parts = key.split(separator: "|", omittingEmptySubsequences: false)
        return parts.count == 2 && parts.allSatisfy({ !$0.isEmpty }) ? (parts[0], parts[1]) : nil
    }

    package func problem(withKey key: String) -> String? {
        Self.pair(key) == nil ? "a key of Baidu's is APIKey|SecretKey" : nil
    }

    package func tokenSource(for channel: ProviderChannel, time: Int64) -> TokenSource {
        let (id, secret) = Self.pair(channel.key).map { (String($0.id), String($0.secret)) } ?? ("", "")
        let query =
            "grant_type=client_credentials&client_id=\(percentEncoded(id))&client_secret=\(percentEncoded(secret))"
        return .asked(
            EncodedRequest(
                url: Self.base(channel) + "/oauth/2.0/token?" + query,
                headers: ["Content-Type": "application/json", "Accept": "application/json"], body: Array("{}".utf8)))
    }

    package func accessToken(from body: [UInt8], status: Int) throws(UpstreamFailure) -> AccessToken {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: nil, rayID: nil)
        }
        guard let token = root["access_token"]?.string, !token.isEmpty else { throw Self.refusal(root, status) }
        return AccessToken(text: token, lifetime: root["expires_in"]?.int ?? 3600)
    }

    /// Only an error about the key itself counts against the key. A failure of the token service does not.
    private static func refusal(_ root: LazyJSON, _ status: Int) -> UpstreamFailure {
        if let failure = BaiduErrors.hidden(in: root, status: status) { return failure }
        let word = root["error"]?.string ?? ""
        let text = sanitized(root["error_description"]?.string ?? "no access token was given", limit: 500)
        if ["invalid_client", "invalid_grant", "unauthorized_client"].contains(word) || [401, 403].contains(status) {
            return UpstreamFailure(
                kind: .authentication, status: 401, message: "Baidu refuses the key: \(text)",
                type: "authentication_error", code: .text(word.isEmpty ? "invalid_client" : sanitized(word, limit: 100))
            )
        }
        let kind = OpenAIErrors.kind(status: status, code: "", type: "")
        let isBusy = kind == .rateLimited
        return UpstreamFailure(
            kind: isBusy ? kind : .server, status: isBusy ? status : 502,
            message: "Baidu's token service gives no token: \(text)",
            type: isBusy ? "rate_limit_error" : "server_error",
            code: .text(word.isEmpty ? "bad_upstream_response" : sanitized(word, limit: 100)))
    }

    package func path(behind base: String, of channel: ProviderChannel) -> String {
        "/rpc/2.0/ai_custom/v1/wenxinworkshop"
    }

    private static func base(_ channel: ProviderChannel) -> String {
        channel.baseURL.isEmpty ? defaultBaseURL : channel.baseURL
    }

    // MARK: Chat

    package func encode(_ request: ChatRequest, for call: ProviderCall) throws(RequestError) -> EncodedRequest {
        Self.request(call, "chat/" + BaiduModels.endpoint(call.model), try BaiduRequestEncoder.encode(request))
    }

    static func request(_ call: ProviderCall, _ path: String, _ body: [UInt8]) -> EncodedRequest {
        let token = percentEncoded(call.accessToken ?? "")
        let path = "/rpc/2.0/ai_custom/v1/wenxinworkshop/\(path)?access_token=\(token)"
        return EncodedRequest(
            url: base(call.channel) + path,
            headers: ["Content-Type": "application/json", "Accept": "application/json"], body: body)
    }

    /// The body, unless it is an error.
    static func answer(_ body: [UInt8], status: Int, contentType: String?) throws(UpstreamFailure) -> LazyJSON {
        guard let root = try? LazyJSON.parse(body), root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if let failure = BaiduErrors.hidden(in: root) { throw failure }
        return root
    }

    package func decode(
        _ body: [UInt8], status: Int, contentType: String?
    ) throws(UpstreamFailure) -> [ChatEvent] {
        let root = try Self.answer(body, status: status, contentType: contentType)
        guard root["result"]?.string != nil || root["function_call"]?.isObject == true else {
            throw OpenAIErrors.missing("result", in: root)
        }
        var reader = BaiduAnswerReader()
        var events: [ChatEvent] = []
        events.reserveCapacity(ChatEvent.usualCount)
        reader.read(root, isEnd: true, into: &events)
        return events
    }

    package func decoder() -> BaiduStreamDecoder { BaiduStreamDecoder() }

    package func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        if let root = try? LazyJSON.parse(body), var failure = BaiduErrors.hidden(in: root, status: status) {
            failure.retryAfter = RetryAfter.read(headers)
            return failure
        }
        return OpenAIErrors.failure(status: status, headers: headers, body: body, parser: parser)
    }

    // MARK: Embeddings

    package func encode(
        _ request: EmbeddingRequest, for call: ProviderCall
    ) throws(RequestError) -> EncodedRequest {
        let endpoint = BaiduModels.endpoint(call.model)
        // The vectors have a fixed size. Another one would not fit the client's index.
        if let asked = request.dimensions, asked != BaiduModels.dimensions(endpoint) {
            throw BaiduRequestEncoder.cannot("give vectors of that size", "dimensions")
        }
        var texts: [JSON] = []
        for input in request.inputs {
            guard case .text(let text) = input else {
                throw BaiduRequestEncoder.cannot("read OpenAI's tokens", "input")
            }
            texts.append(.string(text))
        }
        var body: JSONObject = ["input": .array(texts)]
        if let user = request.user { body.append("user_id", .string(user)) }
        return Self.request(call, "embeddings/" + endpoint, JSON.object(body).encoded())
    }

    package func decodeEmbeddings(_ body: [UInt8], status: Int) throws(UpstreamFailure) -> EmbeddingAnswer {
        let root = try Self.answer(body, status: status, contentType: nil)
        guard root["data"]?.isArray == true else { throw OpenAIErrors.missing("embeddings", in: root) }
        let items = (root["data"]?.array ?? []).sorted { ($0["index"]?.int ?? 0) < ($1["index"]?.int ?? 0) }
        let tokens = root["usage"]?["prompt_tokens"]?.int ?? root["usage"]?["total_tokens"]?.int
        return EmbeddingAnswer(
            vectors: items.map { ($0["embedding"]?.array ?? []).compactMap(\.double) },
            usage: tokens.map { Usage(promptTokens: min(max(0, $0), Usage.most)) })
    }
}
