/// Every provider, by the channel types that it serves. Adding one is a folder and a line here.
package enum ProviderRegistry {
    package static let all: [any Provider] = [OpenAI(), Anthropic(), Gemini(), Zhipu(), Ali(), Baidu(), PaLM()]

    /// The provider of a channel type; `nil` if no version of ours serves it yet.
    package static func provider(of channelType: Int) -> (any Provider)? { byType[channelType] }

    /// What an operator calls a channel type, whether it is served or not; `nil` for a number that one-api has not.
    package static func name(of channelType: Int) -> String? {
        OpenAIVendor.all[channelType]?.name ?? byType[channelType]?.descriptor.name ?? unserved[channelType]
    }

    private static let byType: [Int: any Provider] = {
        var table: [Int: any Provider] = [:]
        for provider in all {
            for type in provider.descriptor.channelTypes { table[type] = provider }
        }
        return table
    }()

    /// Types that are known by name only (spec/channels.md §1), so that they can be refused by name.
    package static let unserved: [Int: String] = [
        18: "Xunfei",
        21: "AI Proxy Library", 30: "Ollama", 33: "AWS", 34: "Coze", 35: "Cohere",
        37: "Cloudflare", 38: "DeepL", 42: "Vertex AI", 43: "Proxy", 46: "Replicate",
    ]
}
