import Arithmetic
import Database
import HTTP
import JSON

/// The other paths under `/v1`: the list of models, the routes that are compatible with OpenAI's billing, and the
/// answers for what is not served (spec/relay.md §§1, 11, 12).
struct OtherRelayRoutes: Sendable {
    let services: Services

    func respond(to request: ServerRequest, _ context: RequestContext) async -> HTTPResponse {
        do throws(GatewayError) {
            let path = context.path
            if let redirect = Self.redirect(request, path) { return redirect }
            if path == "/v1/models" || path.hasPrefix("/v1/models/"), request.method == .get || request.method == .head
            {
                return try await models(request, context)
            }
            if path.hasSuffix("/dashboard/billing/subscription") || path.hasSuffix("/dashboard/billing/usage"),
                request.method == .get
            {
                let access = try await TokenAuthentication(services: services).authenticate(request, context)
                return json(billing(access.principal, isUsage: path.hasSuffix("usage")), context)
            }
            guard Self.isKnown(path, request.method) else {
                throw .invalidURL(method: request.method.name, path: path)
            }
            _ = try await TokenAuthentication(services: services).authenticate(request, context)
            throw .notImplemented
        } catch {
            return error.response(context)
        }
    }

    private func json(_ value: JSON, _ context: RequestContext) -> HTTPResponse {
        HTTPResponse(headers: context.headers("application/json; charset=utf-8"), body: value.encoded())
    }

    private func models(_ request: ServerRequest, _ context: RequestContext) async throws(GatewayError) -> HTTPResponse
    {
        let access = try await TokenAuthentication(services: services).authenticate(request, context)
        let table = services.routing.table
        let allowed = access.principal.allowedModels?.sorted().filter { !table.isUnserved($0) }
        let names = allowed ?? table.models(of: access.principal.user.group)
        if context.path == "/v1/models" {
            return json(["object": "list", "data": .array(names.map(ModelCatalogue.entry))], context)
        }
        let wanted = percentDecoded(context.path.dropFirst("/v1/models/".count).replacing("+", with: "%2B"))
        guard names.contains(wanted) else { throw .modelNotFound(wanted) }
        return json(ModelCatalogue.entry(wanted), context)
    }

    private func billing(_ principal: Principal, isUsage: Bool) -> JSON {
        let options = services.options.snapshot
        let showsToken = options.isOn("DisplayTokenStatEnabled")
        let token = principal.token
        let remaining = services.ledger.balance(ofToken: token.id) ?? token.remainQuota
        let used = services.ledger.used(byToken: token.id) ?? token.usedQuota
        let quota = services.ledger.balance(ofUser: principal.user.id) ?? principal.user.quota
        func amount(_ quota: Int64) -> Double {
            options.displaysCurrency ? Double(quota) / options.quotaPerUnit : Double(quota)
        }
        if isUsage {
            let spent = showsToken ? used : services.ledger.used(byUser: principal.user.id) ?? principal.user.usedQuota
            return ["object": "list", "total_usage": .double(amount(spent) * 100)]
        }
        let limit = !showsToken ? amount(quota) : token.isUnlimited ? 100_000_000 : amount(remaining.plus(used))
        let expiry = showsToken && token.expiredTime > 0 ? token.expiredTime : 0
        return [
            "object": "billing_subscription", "has_payment_method": true, "soft_limit_usd": .double(limit),
            "hard_limit_usd": .double(limit), "system_hard_limit_usd": .double(limit), "access_until": .int(expiry),
        ]
    }

    /// Redirects the client if the path is a route followed by a slash.
    private static func redirect(_ request: ServerRequest, _ path: String) -> HTTPResponse? {
        guard let target = RoutePath.withoutTrailingSlash(path), isRoute(target, request.method) else { return nil }
        // The path begins with exactly one slash. With two, the browser would read the next part as a host.
        let location = target + (request.query.isEmpty ? "" : "?" + request.query)
        return HTTPResponse(status: request.method == .get ? 301 : 307, headers: ["Location": location])
    }

    private static func isRoute(_ path: String, _ method: HTTPMethod) -> Bool {
        if method == .get || method == .head {
            if path == "/v1/models" || path.hasPrefix("/v1/models/") { return true }
            if path.hasSuffix("/dashboard/billing/subscription") || path.hasSuffix("/dashboard/billing/usage") {
                return true
            }
        }
        if method == .post, path == "/v1/chat/completions" || OneShotRelay.endpoint(path) != nil { return true }
        return isKnown(path, method)
    }

    private static let posts: Set<String> = [
        "/v1/completions", "/v1/edits", "/v1/images/edits", "/v1/images/variations", "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/audio/speech", "/v1/threads",
    ]
    private static let families = ["/v1/files", "/v1/fine_tuning/jobs", "/v1/assistants", "/v1/threads/"]

    /// The routes of one-api that answer 501, because they are not served yet.
    private static func isKnown(_ path: String, _ method: HTTPMethod) -> Bool {
        guard method == .post || method == .get || method == .delete else { return false }
        if posts.contains(path) { return method == .post }
        if path.hasPrefix("/v1/models/") { return method == .delete }
        if path.hasPrefix("/v1/oneapi/proxy/") { return true }
        return families.contains { path == $0 || path.hasPrefix($0.hasSuffix("/") ? $0 : $0 + "/") }
    }
}
