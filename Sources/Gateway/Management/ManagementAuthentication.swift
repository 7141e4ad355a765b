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
        guard user.status == 1 else { throw ManagementError("用户已被封禁") }
        guard user.role >= level.rawValue else { throw ManagementError("无权进行此操作，权限不足") }
        return user
    }

    private func identify(_ request: ServerRequest, _ context: RequestContext) async throws -> UserRecord? {
        if let cookie = cookie(request.headers), let session = sessions.decode(cookie, now: context.time) {
            let user = try await services.database.read { try $0.user(id: session.userID) }
            if let user, sessions.fingerprint(of: user.password) == session.fingerprint { return user }
        }
        guard var token = request.headers["Authorization"] else { return nil }
        if token.hasPrefix("Bearer ") { token.removeFirst(7) }
        let key = token
        return try await services.database.read { try $0.user(accessToken: key) }
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

    static func cookie(_ value: String, lifetime: Int64) -> String {
        "\(SessionCodec.cookieName)=\(value); Path=/; Max-Age=\(lifetime); HttpOnly; SameSite=Lax"
    }
}
