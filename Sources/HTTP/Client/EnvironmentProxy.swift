/// The proxies that the environment names, as libcurl reads it.
struct EnvironmentProxy: Sendable {
    private let http: String?
    private let https: String?

    /// - Parameter variable: looks a variable of the environment up.
    init(_ variable: (String) -> String?) {
        func first(_ names: String...) -> String? {
            names.compactMap { variable($0) }.first { !$0.isEmpty }
        }
        let all = first("all_proxy", "ALL_PROXY")
        // HTTP_PROXY is not read: where requests become variables, it is a client's header named Proxy.
        http = first("http_proxy") ?? all
        https = first("https_proxy", "HTTPS_PROXY") ?? all
    }

    /// Nothing is named, whatever the address.
    var isEmpty: Bool { http == nil && https == nil }

    func proxy(for url: String) -> String? { url.hasPrefix("https:") ? https : http }
}
