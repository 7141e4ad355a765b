import Database
import HTTP

/// Who calls a management route: a session cookie or a system access token (spec/management-api.md §2).
struct ManagementAuthentication: Sendable {
    let services: Services
    let sessions: SessionCodec

    /// - Returns: `nil` only for routes that are open to all and a caller who is nobody.
    func user(
        of request: ServerRequest, _ context: RequestContext, atLeast level: ManagementAPI.Level
    ) async throws -> UserRecord? {
        if level == .none { return nil }
        guard let user = try await identify(request, context) else {
            if request.headers.contains("Authorization") { throw ManagementError("无权进行此操作，access token 无效") }
            throw ManagementError("无权进行此操作，未登录且未提供 access token", status: 401)
        }
        guard user.status == 1 else { throw ManagementError("用户已被封禁", endsSession: true) }
        guard user.role >= level.rawValue else { throw ManagementError("无权进行此操作，权限不足") }
        return user
    }

    private func identify(_ request: ServerRequest, _ context: RequestContext) async throws -> UserRecord? {
        if let session = session(of: request, context) {
            let user = try await services.database.read { connection in
                try connection.isSessionRevoked(session.id) ? nil : try connection.user(id: session.userID)
            }
            if let user, sessions.fingerprint(of: user.password) == session.fingerprint { return user }
        }
        guard var token = request.headers["Authorization"] else { return nil }
        if token.hasPrefix("Bearer ") { token.removeFirst(7) }
        let key = token
        return try await services.database.read { try $0.user(accessToken: key) }
    }

    /// The session that the request's cookie holds, not yet checked against the database. A browser says when a page of
    /// another site sent it here: then the cookie does not count, since some GET routes change things.
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

    /// Takes the cookie from the client.
    static let endedCookie = cookie("", lifetime: 0)

    static func cookie(_ value: String, lifetime: Int64) -> String {
        "\(SessionCodec.cookieName)=\(value); Path=/; Max-Age=\(lifetime); HttpOnly; SameSite=Lax"
    }
}
