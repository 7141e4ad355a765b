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

    enum PathRule: Sendable, Equatable {
        /// Base and the client's path.
        case append
        /// The base ends in `/v1` or the like already.
        case withoutVersion
        /// One fixed path for chat.
        case fixed(String)
    }

    /// The address for chat completions.
    /// - Parameter base: the channel's, without trailing slash; empty means the default.
    package func chatURL(base: String) -> String {
        var base = base.isEmpty ? defaultBaseURL : base
        if base.hasSuffix("/") { base.removeLast() }
        switch path {
        case .append:
            // Cloudflare's AI gateway has the version in its own address.
            return base.hasPrefix("https://gateway.ai.cloudflare.com")
                ? base + "/chat/completions" : base + "/v1/chat/completions"
        case .withoutVersion: return base + "/chat/completions"
        case .fixed(let fixed): return base + fixed
        }
    }

    package func headers(key: String, isStream: Bool) -> HTTPHeaders {
        var headers = HTTPHeaders()
        headers.reserve(fields: 4, bytes: 256)
        headers.add("Content-Type", "application/json")
        headers.add("Accept", isStream ? "text/event-stream" : "application/json")
        headers.add("Authorization", "Bearer " + key)
        for (name, value) in extraHeaders { headers.add(name, value) }
        return headers
    }
}

extension OpenAIVendor {
    private init(
        _ type: Int, _ name: String, _ base: String, _ path: PathRule = .append, headers: [(String, String)] = []
    ) {
        self.init(type: type, name: name, defaultBaseURL: base, path: path, extraHeaders: headers)
    }

    /// All that are served, by channel type.
    package static let all: [Int: OpenAIVendor] = Dictionary(uniqueKeysWithValues: table.map { ($0.type, $0) })

    private static let table: [OpenAIVendor] = [
        OpenAIVendor(1, "OpenAI", "https://api.openai.com"),
        OpenAIVendor(2, "API2D", "https://oa.api2d.net"),
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
        OpenAIVendor(25, "Moonshot", "https://api.moonshot.cn"),
        OpenAIVendor(26, "Baichuan", "https://api.baichuan-ai.com"),
        OpenAIVendor(27, "MiniMax", "https://api.minimax.chat", .fixed("/v1/text/chatcompletion_v2")),
        OpenAIVendor(28, "Mistral", "https://api.mistral.ai"),
        OpenAIVendor(29, "Groq", "https://api.groq.com/openai"),
        OpenAIVendor(31, "LingYiWanWu", "https://api.lingyiwanwu.com"),
        OpenAIVendor(32, "StepFun", "https://api.stepfun.com"),
        OpenAIVendor(36, "DeepSeek", "https://api.deepseek.com"),
        OpenAIVendor(39, "together.ai", "https://api.together.xyz"),
        OpenAIVendor(40, "Doubao", "https://ark.cn-beijing.volces.com", .fixed("/api/v3/chat/completions")),
        OpenAIVendor(41, "Novita", "https://api.novita.ai/v3/openai", .fixed("/chat/completions")),
        OpenAIVendor(44, "SiliconFlow", "https://api.siliconflow.cn"),
        OpenAIVendor(45, "xAI", "https://api.x.ai"),
        OpenAIVendor(47, "Baidu V2", "https://qianfan.baidubce.com", .fixed("/v2/chat/completions")),
        OpenAIVendor(48, "Xunfei V2", "https://spark-api-open.xf-yun.com"),
        OpenAIVendor(
            49, "Ali Bailian", "https://dashscope.aliyuncs.com", .fixed("/compatible-mode/v1/chat/completions")),
        OpenAIVendor(50, "OpenAI compatible", "", .withoutVersion),
        OpenAIVendor(
            51, "Gemini (OpenAI)", "https://generativelanguage.googleapis.com/v1beta/openai", .withoutVersion),
    ]
}
