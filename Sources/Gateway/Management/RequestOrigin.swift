import HTTP

/// Which page made a browser send a request, so that pages of other sites cannot use a user's cookie.
///
/// `Sec-Fetch-Site` is the browser's own word and decides where it is there, which it is over TLS and on loopback only.
/// Otherwise `Origin`, or the origin of `Referer` where there is none, is compared with the host that was
/// asked, which a trusted proxy may name in `X-Forwarded-Host`, and with the option `ServerAddress`. Programs that are no
/// browsers send none of them and do not ask for HTML.
enum RequestOrigin: Equatable, Sendable {
    /// A page of this gateway, or a user who typed an address.
    case own
    /// A page of another origin; one of a sibling domain counts as such.
    case foreign
    /// Nothing tells.
    case unsaid

    /// - Parameters:
    ///   - isProxied: the peer may say under which name and scheme the client asked.
    ///   - serverAddress: under which the operator says that the gateway is reached.
    init(_ headers: HTTPHeaders, isProxied: Bool, serverAddress: String = "") {
        let sites = headers.values("Sec-Fetch-Site")
        if let site = sites.first {
            self = sites.count == 1 && (site == "same-origin" || site == "none") ? .own : .foreign
            return
        }
        var origins = headers.values("Origin")
        if origins.isEmpty { origins = headers.values("Referer") }
        guard let text = origins.first else {
            // Another site's page may keep its referrer to itself when it leads a browser here, which then asks for a
            // page; programs, and the dashboard's own calls, ask for anything or for JSON.
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
                // Behind a proxy that does not say so, TLS cannot be seen from here.
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

    /// Whether the client's proxy was asked by TLS. Of several proxies the first one counts, which the client asked.
    static func isSecure(_ headers: HTTPHeaders) -> Bool {
        let first = headers["X-Forwarded-Proto"]?.split(separator: ",").first ?? ""
        return first.filter { $0 != " " }.lowercased() == "https"
    }
}
