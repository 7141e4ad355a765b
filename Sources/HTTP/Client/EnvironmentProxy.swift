/// The proxies from the environment, by libcurl's rules.
struct EnvironmentProxy: Sendable {
    private let http: String?
    private let https: String?

    /// - Parameter variable: returns the value of an environment variable.
    init(_ variable: (String) -> String?) {
        func first(_ names: String...) -> String? {
            names.compactMap { variable($0) }.first { !$0.isEmpty }
        }
        let all = first("all_proxy", "ALL_PROXY")
        // HTTP_PROXY is not read: under CGI a client sets it with a header named Proxy.
        http = first("http_proxy") ?? all
        https = first("https_proxy", "HTTPS_PROXY") ?? all
    }

    /// Whether the environment names no proxy at all.
    var isEmpty: Bool { http == nil && https == nil }

    func proxy(for url: String) -> String? { url.hasPrefix("https:") ? https : http }
}
