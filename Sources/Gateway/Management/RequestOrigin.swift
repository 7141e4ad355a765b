import HTTP

/// Which page made a browser send a request, so that pages of other sites cannot use a user's cookie.
///
/// `Sec-Fetch-Site` decides if the browser sends it, which it does only over TLS and on loopback. Otherwise `Origin`,
/// or the origin of `Referer` if there is no `Origin`, is compared with the host that was asked (a trusted proxy may
/// name it in `X-Forwarded-Host`) and with the option `ServerAddress`. Programs that are not browsers send none of
/// these headers and do not ask for HTML.
enum RequestOrigin: Equatable, Sendable {
    /// A page of this gateway, or a user who typed an address.
    case own
    /// A page of another origin, which includes sibling domains.
    case foreign
    /// No header tells the origin.
    case unsaid

    /// - Parameters:
    ///   - isProxied: whether the peer is trusted to say under which name and scheme the client asked.
    ///   - serverAddress: the address at which the gateway is reached, according to the operator.
    init(_ headers: HTTPHeaders, isProxied: Bool, serverAddress: String = "") {
        let sites = headers.values("Sec-Fetch-Site")
        if let site = sites.first {
            self = sites.count == 1 && (site == "same-origin" || site == "none") ? .own : .foreign
            return
        }
        var origins = headers.values("Origin")
        if origins.isEmpty { origins = headers.values("Referer") }
        guard let text = origins.first else {
            // A page of another site can hide its referrer when it sends a browser here. The browser then asks for
            // HTML; programs, and the dashboard's own calls, ask for anything or for JSON.
            self = headers.values("Accept").contains { $0.lowercased().contains("text/html") } ? .foreign : .unsaid
            return
        }
        guard origins.count == 1, let origin = WebOrigin(text) else {
            self = .foreign
            return
        }
        let isOwn =
            origin == WebOrigin(serverAddress)
            || Self.hosts(headers, isProxied).contains { host in
                // If the proxy does not report the scheme, we cannot tell whether the client used TLS.
                let schemes = isProxied && Self.isSecure(headers) ? ["https"] : ["http", "https"]
                return schemes.contains { origin == WebOrigin(scheme: $0, authority: host) }
            }
        self = isOwn ? .own : .foreign
    }

    private static func hosts(_ headers: HTTPHeaders, _ isProxied: Bool) -> [String] {
        var hosts = headers.values("Host")
        if isProxied { hosts += headers.values("X-Forwarded-Host") }
        return hosts
    }

    /// Whether the client reached the proxy over TLS. If there are several proxies, the first counts, since the client
    /// connected to that one.
    static func isSecure(_ headers: HTTPHeaders) -> Bool {
        let first = headers["X-Forwarded-Proto"]?.split(separator: ",").first ?? ""
        return first.filter { $0 != " " }.lowercased() == "https"
    }
}
