import HTTP

/// Azure's addresses and credentials; its bodies are OpenAI's (spec/wire/azure.md §1).
enum AzureAddress {
    /// The oldest version that everything here was tried with; for channels that name none.
    static let defaultVersion = "2024-10-21"
    /// From here on a stream may be asked for its usage.
    private static let firstVersionWithStreamOptions = "2024-09-01"

    /// - Parameter base: the resource's address, without trailing slash; one that ends in `/openai/v1` is the new API, where the
    ///   deployment goes in the body.
    static func url(_ base: String, _ endpoint: OpenAIEndpoint, _ channel: ProviderChannel, model: String) -> String {
        if isNewAPI(base) { return base + "/" + endpoint.rawValue }
        let version = channel.setting("api_version") ?? defaultVersion
        // Cloudflare's gateway has the deployments in its own address.
        let root = base.hasPrefix(OpenAIVendor.cloudflare) ? base : base + "/openai"
        switch endpoint {
        case .moderations, .imageVariations: return "\(root)/\(endpoint.rawValue)?api-version=\(version)"
        default:
            let folder = base.hasPrefix(OpenAIVendor.cloudflare) ? root : root + "/deployments"
            let name = percentEncoded(deployment(model, channel))
            return "\(folder)/\(name)/\(endpoint.rawValue)?api-version=\(version)"
        }
    }

    /// Deployments are named as the operator likes, by default as the model, but `gpt-35-turbo` for gpt-3.5-turbo. The
    /// channel setting `strip_dots` takes the dots out of all names, as one-api does.
    private static func deployment(_ model: String, _ channel: ProviderChannel) -> String {
        let strips = model.hasPrefix("gpt-3.5") || channel.setting("strip_dots") == "true"
        return strips ? model.filter { $0 != "." } : model
    }

    /// What is wrong with the API version, as a sentence.
    static func problem(with channel: ProviderChannel) -> String? {
        guard let version = channel.setting("api_version") else { return nil }
        let parts = version.split(separator: "-", maxSplits: 3, omittingEmptySubsequences: false)
        let isDate =
            parts.count >= 3
            && zip(parts, [4, 2, 2]).allSatisfy { part, size in
                part.utf8.count == size && part.utf8.allSatisfy { (0x30...0x39).contains($0) }
            }
        if isDate, parts.count == 3 || parts[3] == "preview" { return nil }
        return "api_version must be a date such as 2024-10-21, perhaps with -preview behind it"
    }

    static func takesStreamOptions(_ channel: ProviderChannel) -> Bool {
        // Versions are dates, perhaps with `-preview` behind them.
        isNewAPI(channel.baseURL)
            || (channel.setting("api_version") ?? defaultVersion).prefix(10) >= firstVersionWithStreamOptions
    }

    /// A JSON Web Token of Entra ID; keys have no dots.
    static func isEntraToken(_ key: String) -> Bool { key.hasPrefix("eyJ") && key.count(where: { $0 == "." }) == 2 }

    private static func isNewAPI(_ base: String) -> Bool { base.hasSuffix("/openai/v1") }
}
