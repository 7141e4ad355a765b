package import HTTP

/// OpenAI and the vendors that speak its format: where to send and how to sign (spec/channels.md §§1, 3.1, 4).
package struct OpenAIVendor: Sendable {
    /// Number of the channel type.
    package let type: Int
    package let name: String
    package let defaultBaseURL: String
    /// How the request's address is made of the base and the client's path.
    let path: PathRule
    /// Headers that every request carries.
    let extraHeaders: [(String, String)]
    /// What its format has not.
    package let dialect: OpenAIDialect
    /// Streams tell their usage unasked, and `stream_options` is refused.
    let tellsUsageUnasked: Bool

    enum PathRule: Sendable, Equatable {
        /// Base and the client's path.
        case append
        /// The base ends in `/v1` or the like already.
        case withoutVersion
        /// These paths and no others.
        case only([OpenAIEndpoint: String])
        case azure
    }

    /// The address of an endpoint; `nil` if the vendor has none such.
    /// - Parameter model: the upstream's name.
    package func url(of endpoint: OpenAIEndpoint, for channel: ProviderChannel, model: String) -> String? {
        var base = channel.baseURL.isEmpty ? defaultBaseURL : channel.baseURL
        if base.hasSuffix("/") { base.removeLast() }
        switch path {
        case .append:
            // Cloudflare's AI gateway has the version in its own address.
            return base.hasPrefix(Self.cloudflare)
                ? base + "/" + endpoint.rawValue : base + "/v1/" + endpoint.rawValue
        case .withoutVersion: return base + "/" + endpoint.rawValue
        case .only(let paths): return paths[endpoint].map { base + $0 }
        case .azure: return AzureAddress.url(base, endpoint, channel, model: model)
        }
    }

    static let cloudflare = "https://gateway.ai.cloudflare.com"

    package func headers(key: String, accept: String) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserve(fields: 4, bytes: 256)
        headers.add("Content-Type", "application/json")
        headers.add("Accept", accept)
        if path == .azure, !AzureAddress.isEntraToken(key) {
            headers.add("api-key", key)
        } else {
            headers.add("Authorization", "Bearer " + key)
        }
        for (name, value) in extraHeaders { headers.add(name, value) }
        return headers
    }

    /// Whether `stream_options` may be sent. The channel's setting of that name goes before what is known of the vendor.
    package func takesStreamOptions(_ channel: ProviderChannel) -> Bool {
        switch channel.setting("stream_options") {
        case "true": true
        case "false": false
        default: !tellsUsageUnasked && (path != .azure || AzureAddress.takesStreamOptions(channel))
        }
    }

    /// Whether the vendor reads OpenAI's token numbers where embeddings are asked for: OpenAI, those who pass its requests
    /// on, and those of whom it is not known.
    package var readsOpenAITokens: Bool { Self.relays.contains(type) || [1, 3, 8, 50].contains(type) }

    /// What it calls the limit of an answer, as far as that is known. Mistral refuses members that it does not know.
    var limitName: RequestRules.LimitName {
        if type == 28 { return .maxTokens }
        return Self.relays.contains(type) || [1, 3].contains(type) ? .byModel : .asSent
    }

    /// Those who pass requests on to OpenAI.
    private static let relays: Set<Int> = [2, 4, 5, 6, 7, 9, 10, 12, 13]

    /// The path of a chat, which is added to a base.
    func chatPath(_ base: String) -> String {
        switch path {
        case .append: base.hasPrefix(Self.cloudflare) ? "/chat/completions" : "/v1/chat/completions"
        case .withoutVersion: "/chat/completions"
        case .only(let paths): paths[.chat] ?? ""
        case .azure: base.hasPrefix(Self.cloudflare) ? "" : "/openai/deployments"
        }
    }

    /// Whether the model's name is part of the address.
    package var addressDependsOnModel: Bool { path == .azure }

    /// Whether a channel of this type needs an address of its own.
    package var needsBaseURL: Bool { defaultBaseURL.isEmpty }
}

/// What of OpenAI's surface a vendor may have, by the path behind the version.
package enum OpenAIEndpoint: String, Sendable, CaseIterable {
    case chat = "chat/completions"
    case completions
    case embeddings
    case moderations
    case imageGenerations = "images/generations"
    case imageEdits = "images/edits"
    case imageVariations = "images/variations"
    case transcriptions = "audio/transcriptions"
    case translations = "audio/translations"
    case speech = "audio/speech"
}

extension OpenAIVendor {
    private init(
        _ type: Int, _ name: String, _ base: String, _ path: PathRule = .append, headers: [(String, String)] = [],
        dialect: OpenAIDialect = [], tellsUsageUnasked: Bool = false
    ) {
        self.init(
            type: type, name: name, defaultBaseURL: base, path: path, extraHeaders: headers, dialect: dialect,
            tellsUsageUnasked: tellsUsageUnasked)
    }

    /// All that are served, by channel type.
    package static let all: [Int: OpenAIVendor] = Dictionary(uniqueKeysWithValues: table.map { ($0.type, $0) })

    /// Its own API signs with three parts of a key; the compatible one takes a plain key.
    static let tencent = 23

    private static let table: [OpenAIVendor] = [
        OpenAIVendor(1, "OpenAI", "https://api.openai.com"),
        OpenAIVendor(2, "API2D", "https://oa.api2d.net"),
        OpenAIVendor(3, "Azure", "", .azure),
        OpenAIVendor(4, "CloseAI", "https://api.closeai-proxy.xyz"),
        OpenAIVendor(5, "OpenAI-SB", "https://api.openai-sb.com"),
        OpenAIVendor(6, "OpenAI Max", "https://api.openaimax.com"),
        OpenAIVendor(7, "OhMyGPT", "https://api.ohmygpt.com"),
        OpenAIVendor(8, "Custom", ""),
        OpenAIVendor(9, "AI.LS", "https://api.caipacity.com"),
        OpenAIVendor(10, "AI Proxy", "https://api.aiproxy.io"),
        OpenAIVendor(12, "API2GPT", "https://api.api2gpt.com"),
        OpenAIVendor(13, "AIGC2D", "https://api.aigc2d.com"),
        OpenAIVendor(19, "360", "https://ai.360.cn"),
        OpenAIVendor(
            20, "OpenRouter", "https://openrouter.ai/api",
            headers: [("HTTP-Referer", "https://github.com/songquanpeng/one-api"), ("X-Title", "One API")]),
        OpenAIVendor(22, "FastGPT", "https://fastgpt.run/api/openapi"),
        OpenAIVendor(tencent, "Tencent", "https://api.hunyuan.cloud.tencent.com"),
        OpenAIVendor(25, "Moonshot", "https://api.moonshot.cn"),
        OpenAIVendor(26, "Baichuan", "https://api.baichuan-ai.com"),
        OpenAIVendor(27, "MiniMax", "https://api.minimax.chat", .only([.chat: "/v1/text/chatcompletion_v2"])),
        OpenAIVendor(28, "Mistral", "https://api.mistral.ai", tellsUsageUnasked: true),
        OpenAIVendor(29, "Groq", "https://api.groq.com/openai"),
        OpenAIVendor(31, "LingYiWanWu", "https://api.lingyiwanwu.com"),
        OpenAIVendor(32, "StepFun", "https://api.stepfun.com"),
        OpenAIVendor(36, "DeepSeek", "https://api.deepseek.com"),
        OpenAIVendor(39, "together.ai", "https://api.together.xyz"),
        OpenAIVendor(
            40, "Doubao", "https://ark.cn-beijing.volces.com",
            .only([.chat: "/api/v3/chat/completions", .embeddings: "/api/v3/embeddings"])),
        OpenAIVendor(41, "Novita", "https://api.novita.ai/v3/openai", .only([.chat: "/chat/completions"])),
        OpenAIVendor(44, "SiliconFlow", "https://api.siliconflow.cn"),
        OpenAIVendor(45, "xAI", "https://api.x.ai"),
        OpenAIVendor(
            47, "Baidu V2", "https://qianfan.baidubce.com",
            .only([.chat: "/v2/chat/completions", .embeddings: "/v2/embeddings"]),
            dialect: [
                .oneSystemMessage, .takingTurns, .oneAnswer, .noLogprobs, .onlyTextsAndImages, .plainEmbeddings,
                .searchAsObject,
            ]),
        OpenAIVendor(48, "Xunfei V2", "https://spark-api-open.xf-yun.com"),
        OpenAIVendor(
            49, "Ali Bailian", "https://dashscope.aliyuncs.com",
            .only([
                .chat: "/compatible-mode/v1/chat/completions", .embeddings: "/compatible-mode/v1/embeddings",
            ]),
            dialect: [
                .oneSystemMessage, .noRequiredTools, .noDocuments, .audioAsAddress, .cacheControl, .searchAsSwitch,
                .thinkingAsSwitch,
            ]),
        OpenAIVendor(50, "OpenAI compatible", "", .withoutVersion),
        OpenAIVendor(
            51, "Gemini (OpenAI)", "https://generativelanguage.googleapis.com/v1beta/openai", .withoutVersion),
    ]
}
