import Database
import HTTP

/// Finds out who calls a management route, by session cookie or system access token (spec/management-api.md §2).
struct ManagementAuthentication: Sendable {
    let services: Services
    let sessions: SessionCodec

    /// - Returns: the caller; `nil` only for routes that are open to everybody.
    func user(
        of request: ServerRequest, _ context: RequestContext, for route: ManagementAPI.Route
    ) async throws -> UserRecord? {
        guard let role = route.role else {
            if route.changesState, origin(of: request) == .foreign { throw Self.foreign }
            return nil
        }
        guard let (user, problem) = try await identify(request, context, route) else {
            if request.headers.contains("Authorization") { throw ManagementError("无权进行此操作，access token 无效") }
            throw ManagementError("无权进行此操作，未登录且未提供 access token", status: 401)
        }
        guard user.isEnabled else { throw ManagementError("用户已被封禁", endsSession: true) }
        guard user.has(role) else { throw ManagementError("无权进行此操作，权限不足") }
        if let problem { throw problem }
        return user
    }

    /// - Returns: the user, and why the call is refused although the session is good.
    private func identify(
        _ request: ServerRequest, _ context: RequestContext, _ route: ManagementAPI.Route
    ) async throws -> (user: UserRecord, problem: ManagementError?)? {
        if let user = try await userOfCookie(request, context) {
            let problem = problem(request, route)
            // A page of another site cannot send an access token, so a caller who sends one does not depend on the
            // cookie.
            if problem == nil || !request.headers.contains("Authorization") { return (user, problem) }
        }
        guard let header = request.headers["Authorization"] else { return nil }
        let key = String(BearerCredentials.key(in: header))
        return try await services.database.read { try $0.user(accessToken: key) }.map { ($0, nil) }
    }

    private func userOfCookie(_ request: ServerRequest, _ context: RequestContext) async throws -> UserRecord? {
        guard let session = session(of: request, context) else { return nil }
        let user = try await services.database.read { connection in
            try connection.isSessionRevoked(session.id) ? nil : try connection.user(id: session.userID)
        }
        guard let user, sessions.fingerprint(of: user.password) == session.fingerprint else { return nil }
        return user
    }

    /// The session in the request's cookie, not yet checked against the database. The cookie is ignored if the browser
    /// says that a page of another site sent the request.
    func session(of request: ServerRequest, _ context: RequestContext) -> SessionCodec.Session? {
        guard request.headers["Sec-Fetch-Site"] != "cross-site", let cookie = cookie(request.headers) else {
            return nil
        }
        return sessions.decode(cookie, now: context.time)
    }

    private func cookie(_ headers: HTTPHeaders) -> String? {
        for header in headers.values("Cookie") {
            for pair in header.split(separator: ";") {
                let text = pair.drop { $0 == " " }
                if text.hasPrefix("session=") { return String(text.dropFirst("session=".count)) }
            }
        }
        return nil
    }
}

/// Keeps pages of other sites from acting with a user's cookie.
extension ManagementAuthentication {
    private static let foreign = ManagementError(
        "this request comes from a page of another origin; if it is your own, let the proxy pass Host on unchanged or "
            + "set ServerAddress", status: 403)
    private static let notJSON = ManagementError(
        "a call with a session cookie needs Content-Type: application/json", status: 415)

    /// Why a call by cookie is refused although its session is good. Only calls that change something are checked. A
    /// form of another site can send neither JSON's content type nor a `DELETE`, which has no body and so no type.
    private func problem(_ request: ServerRequest, _ route: ManagementAPI.Route) -> ManagementError? {
        guard route.changesState else { return nil }
        if origin(of: request) == .foreign { return Self.foreign }
        let hasBody = route.method != .get && route.method != .delete
        return hasBody && !Self.isJSON(request.headers) ? Self.notJSON : nil
    }

    private static func isJSON(_ headers: HTTPHeaders) -> Bool {
        let type = headers.values("Content-Type")
        guard type.count == 1, let name = type.first?.split(separator: ";", maxSplits: 1).first else { return false }
        return name.filter { $0 != " " && $0 != "\t" }.lowercased() == "application/json"
    }

    private func origin(of request: ServerRequest) -> RequestOrigin {
        RequestOrigin(
            request.headers, isProxied: isProxied(request),
            serverAddress: services.options.snapshot.text("ServerAddress"))
    }

    private func isProxied(_ request: ServerRequest) -> Bool {
        services.configuration.clientAddress.isTrusted(request.peerAddress)
    }

    /// Whether the client reaches our proxy over TLS, so that the cookie can be marked `Secure`.
    func isSecure(_ request: ServerRequest) -> Bool {
        request.headers.contains("X-Forwarded-Proto") && RequestOrigin.isSecure(request.headers) && isProxied(request)
    }

    /// A `Set-Cookie` value; an empty value deletes the cookie.
    static func cookie(_ value: String, lifetime: Int64, isSecure: Bool) -> String {
        "\(SessionCodec.cookieName)=\(value); Path=/; Max-Age=\(lifetime); HttpOnly; SameSite=Lax"
            + (isSecure ? "; Secure" : "")
    }

    static func endedCookie(isSecure: Bool) -> String { cookie("", lifetime: 0, isSecure: isSecure) }
}
