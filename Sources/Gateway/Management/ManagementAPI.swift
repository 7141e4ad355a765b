import Database
import EventLoop
import HTTP
import JSON

/// The routes under `/api`, and the plain page at `/` (spec/management-api.md).
struct ManagementAPI: Sendable {
    struct Route: Sendable {
        let method: HTTPMethod
        /// The path's segments after `/api`. `:id` matches a number. The last segment is empty if one-api's path ends
        /// in a slash.
        let segments: [String]
        /// The role that a caller needs; `nil` if anybody may call.
        let role: Role?
        let isCritical: Bool
        /// Whether the route must be protected from calls by pages of other sites. True for all methods but GET, and
        /// some GETs.
        let changesState: Bool
        let handler: @Sendable (Call) async throws -> ManagementAnswer

        init(
            _ method: HTTPMethod, _ path: String, _ role: Role?, isCritical: Bool = false,
            changesState: Bool = false,
            _ handler: @escaping @Sendable (Call) async throws -> ManagementAnswer
        ) {
            self.method = method
            segments = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
            self.role = role
            self.isCritical = isCritical
            self.changesState = changesState || method != .get
            self.handler = handler
        }
    }

    private static let tooLarge = ManagementError(
        "the request's body is too large", chinese: "请求体过大", status: 413)
    private static let unreadable = ManagementError(
        "the request's body cannot be read", chinese: "请求体无法读取", status: 400)

    private let services: Services
    private let authentication: ManagementAuthentication
    private var routes: [Route] { Self.allRoutes }

    /// All routes. The first route that matches answers.
    static let allRoutes =
        PublicRoutes.routes + SelfRoutes.routes + UserRoutes.routes + TokenRoutes.routes + ChannelRoutes.routes
        + LogRoutes.routes + OptionRoutes.routes
    private let apiLimiter: RateLimiter
    private let criticalLimiter: RateLimiter
    private let webLimiter: RateLimiter

    init(services: Services) {
        self.services = services
        let secret = services.configuration.sessionSecret ?? Secret(RandomText.hexadecimal(64))
        authentication = ManagementAuthentication(services: services, sessions: SessionCodec(secret: secret))
        apiLimiter = RateLimiter(limit: services.configuration.apiRateLimit, seconds: 180)
        criticalLimiter = RateLimiter(limit: services.configuration.isDebug ? 0 : 20, seconds: 1200)
        webLimiter = RateLimiter(limit: services.configuration.webRateLimit, seconds: 180)
    }

    func respond(to request: ServerRequest, _ context: RequestContext) async -> HTTPResponse {
        guard context.path.hasPrefix("/api") else { return elsewhere(request, context) }
        guard context.path.hasPrefix("/api/") else { return refusal(request, context) ?? unknown(request, context) }
        let segments = context.path.dropFirst("/api/".count).split(separator: "/", omittingEmptySubsequences: false)
            .map(String.init)
        let route = find(request.method, segments)
        let other = segments.last == "" ? Array(segments.dropLast()) : segments + [""]
        if route == nil, find(request.method, other) != nil { return redirect(other, request) }
        if let refusal = refusal(request, context) { return refusal }
        if let route { return await run(route, segments, request, context) }
        return unknown(request, context)
    }

    /// The answer for an unknown route: a refusal in the envelope's form, and also OpenAI's error, as in one-api.
    private func unknown(_ request: ServerRequest, _ context: RequestContext) -> HTTPResponse {
        let error = GatewayError.invalidURL(method: request.method.name, path: request.path)
        var response = error.response(context)
        if let object = (try? JSON.parse(response.body))?["error"] {
            let body: JSON = ["success": false, "message": .string(error.english), "error": object]
            response.body = body.encoded()
        }
        return response
    }

    /// The refusal for a client that calls `/api` or the billing routes too often; `nil` for all others.
    func refusal(_ request: ServerRequest, _ context: RequestContext) -> HTTPResponse? {
        apiLimiter.accepts(context.clientNetwork, now: request.loop.now) ? nil : limited(context)
    }

    private func find(_ method: HTTPMethod, _ segments: [String]) -> Route? {
        let wanted = method == .head ? .get : method
        return routes.first { route in
            route.method == wanted && route.segments.count == segments.count
                && zip(route.segments, segments).allSatisfy { $0 == $1 || $0 == ":id" && !$1.isEmpty }
        }
    }

    private func run(
        _ route: Route, _ segments: [String], _ request: ServerRequest, _ context: RequestContext
    ) async -> HTTPResponse {
        if route.isCritical, !criticalLimiter.accepts(context.clientNetwork, now: request.loop.now) {
            return limited(context)
        }
        let isSecure = authentication.isSecure(request)
        do {
            let user = try await authentication.user(of: request, context, for: route)
            let body: [UInt8]
            do throws(BodyError) {
                let account = BodyAccount(budget: services.bodyBudget, address: context.clientAddress, token: nil)
                let limit = route.role == nil ? InputObject.strangersLimit : InputObject.bodyLimit
                body = try await request.body(
                    limit: min(limit, services.configuration.bodyLimit), account: account)
            } catch {
                switch error {
                case .tooLarge: throw Self.tooLarge
                case .overBudget(let scope): return GatewayError.bodyBudget(scope).response(context)
                case .shuttingDown: return GatewayError.shuttingDown.response(context)
                case .badEncoding, .malformed, .disconnected, .timedOut: throw Self.unreadable
                }
            }
            let parameter = zip(route.segments, segments).first { $0.0 == ":id" }?.1
            let call = Call(
                services: services, sessions: authentication.sessions, context: context,
                session: authentication.session(of: request, context), user: user, body: body, query: Query(request),
                parameter: parameter, isSecure: isSecure)
            return await encode(try await route.handler(call), request, context, for: user?.id ?? 0)
        } catch let error as ManagementError {
            var response = failure(
                context.prefersChinese ? error.chinese : error.message, status: error.status, context)
            if error.endsSession {
                response.headers.add("Set-Cookie", ManagementAuthentication.endedCookie(isSecure: isSecure))
            }
            return response
        } catch let error as GatewayError {
            return error.response(context)
        } catch let error as OptionError {
            return failure(error.message, status: 200, context)
        } catch {
            services.log.write(.error, "management request failed", requestID: context.requestID, ["error": "\(error)"])
            return failure(ManagementError.text(of: error), status: 200, context)
        }
    }

    private func encode(
        _ answer: ManagementAnswer, _ request: ServerRequest, _ context: RequestContext, for user: Int64
    ) async -> HTTPResponse {
        let object = answer.object
        let takesGzip = request.headers["Accept-Encoding"]?.lowercased().contains("gzip") == true
        let isLarge = object.isHeavier(than: LoopSlice.bytes)
        let (body, isPacked) = await services.offLoop(certainly: isLarge ? .max : 0, of: user) { _ in
            let body = object.encoded()
            guard takesGzip, body.count >= 1024, let packed = Gzip.pack(body) else { return (body, false) }
            return (packed, true)
        }
        var response = HTTPResponse(
            headers: context.headers("application/json; charset=utf-8", crossOrigin: false), body: body)
        if let cookie = answer.cookie { response.headers.add("Set-Cookie", cookie) }
        if isPacked {
            response.headers.add("Content-Encoding", "gzip")
            response.headers.add("Vary", "Accept-Encoding")
        }
        return response
    }

    private func failure(_ message: String, status: Int, _ context: RequestContext) -> HTTPResponse {
        let body: JSON = ["success": false, "message": .string(message)]
        return HTTPResponse(
            status: status, headers: context.headers("application/json; charset=utf-8", crossOrigin: false),
            body: body.encoded())
    }

    private func limited(_ context: RequestContext) -> HTTPResponse {
        HTTPResponse(status: 429, headers: context.headers("text/plain", crossOrigin: false))
    }

    private func redirect(_ segments: [String], _ request: ServerRequest) -> HTTPResponse {
        let query = request.query.isEmpty ? "" : "?" + request.query
        let location = "/api/" + segments.joined(separator: "/") + query
        return HTTPResponse(status: request.method == .get ? 301 : 307, headers: ["Location": location])
    }

    /// Answers paths that belong neither to the API nor to the relay: GET and HEAD get a page, others an error.
    private func elsewhere(_ request: ServerRequest, _ context: RequestContext) -> HTTPResponse {
        guard webLimiter.accepts(context.clientNetwork, now: request.loop.now) else { return limited(context) }
        guard request.method == .get || request.method == .head else {
            return GatewayError.invalidURL(method: request.method.name, path: request.path).response(context)
        }
        var headers = context.headers("text/html; charset=utf-8")
        headers.add("Cache-Control", "no-cache")
        return HTTPResponse(headers: headers, body: Array(WelcomePage.html.utf8))
    }
}
