import Database
import EventLoop
import HTTP
import JSON

/// Status, texts, log-in and log-out (spec/management-api.md §§5.1, 5.2).
enum PublicRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "status", nil, status),
        .init(.get, "notice", nil) { .data(.string($0.services.options.snapshot.text("Notice"))) },
        .init(.get, "about", nil) { .data(.string($0.services.options.snapshot.text("About"))) },
        .init(.get, "home_page_content", nil) {
            .data(.string($0.services.options.snapshot.text("HomePageContent")))
        },
        .init(.post, "user/login", nil, isCritical: true, logIn),
        .init(.get, "user/logout", nil, changesState: true, logOut),
    ]

    private static func status(_ call: Call) async throws -> ManagementAnswer {
        let options = call.services.options.snapshot
        func text(_ key: String) -> JSON { .string(options.text(key)) }
        func flag(_ key: String) -> JSON { .bool(options.isOn(key)) }
        let address = options.text("ServerAddress")
        return .data([
            "version": .string(Configuration.version), "start_time": .int(call.services.startTime),
            "email_verification": flag("EmailVerificationEnabled"), "github_oauth": flag("GitHubOAuthEnabled"),
            "github_client_id": text("GitHubClientId"), "lark_client_id": text("LarkClientId"),
            "system_name": text("SystemName"), "logo": text("Logo"), "footer_html": text("Footer"),
            "wechat_qrcode": text("WeChatAccountQRCodeImageURL"), "wechat_login": flag("WeChatAuthEnabled"),
            "server_address": .string(address.isEmpty ? "http://localhost:3000" : address),
            "turnstile_check": flag("TurnstileCheckEnabled"), "turnstile_site_key": text("TurnstileSiteKey"),
            "top_up_link": text("TopUpLink"), "chat_link": text("ChatLink"),
            "quota_per_unit": .double(options.quotaPerUnit), "display_in_currency": .bool(options.displaysCurrency),
            "oidc": flag("OidcEnabled"), "oidc_client_id": text("OidcClientId"),
            "oidc_well_known": text("OidcWellKnown"),
            "oidc_authorization_endpoint": text("OidcAuthorizationEndpoint"),
            "oidc_token_endpoint": text("OidcTokenEndpoint"),
            "oidc_userinfo_endpoint": text("OidcUserinfoEndpoint"),
        ])
    }

    private static func logIn(_ call: Call) async throws -> ManagementAnswer {
        guard call.services.options.snapshot.isOn("PasswordLoginEnabled") else {
            throw ManagementError("管理员关闭了密码登录")
        }
        let input = try await call.input()
        guard let name = try input.text("username"), let password = try input.text("password"), !name.isEmpty,
            !password.isEmpty
        else { throw ManagementError.invalidParameter }
        let user = try await call.services.database.read { try $0.user(nameOrEmail: name) }
        let (throttle, address) = (call.services.logInThrottle, call.context.clientNetwork)
        guard throttle.permits(account: user?.id, name: name, address: address, now: call.context.started) else {
            throw Self.tooManyTries
        }
        // An unknown name takes as long as a wrong password, so that the time does not tell which names exist.
        let hash = user?.password ?? Password.nobody
        let isRight = await Password.matches(password, hash: hash)
        if isRight, let user { throttle.succeeded(account: user.id, address: address) }
        guard isRight, let user, user.isEnabled else { throw ManagementError("用户名或密码错误，或用户已被封禁") }
        var shown = UserRecord()
        shown.id = user.id
        shown.username = user.username
        shown.displayName = user.displayName
        shown.role = user.role
        shown.status = user.status
        shown.group = ""
        return ManagementAnswer(members: [("data", shown.loginJSON)], cookie: call.newSessionCookie(for: user))
    }

    private static let tooManyTries = ManagementError(
        "too many failed log-ins of this account; try again in twenty minutes, or from where you logged in before",
        chinese: "该账户登录失败次数过多，请二十分钟后再试，或从曾经登录过的地址重试", status: 429)

    /// Revokes the session, so that copies of the cookie become useless too.
    private static func logOut(_ call: Call) async throws -> ManagementAnswer {
        guard let session = call.session else { return .done }
        let now = call.context.time
        try await call.services.database.write { try $0.revokeSession(session.id, until: session.expiry, now: now) }
        return ManagementAnswer(members: [], cookie: ManagementAuthentication.endedCookie(isSecure: call.isSecure))
    }
}

extension UserRecord {
    /// The user with all members. Members that a log-in does not fill are zero values.
    fileprivate var loginJSON: JSON {
        [
            "id": .int(id), "username": .string(username), "password": "", "display_name": .string(displayName),
            "role": .int(role), "status": .int(status), "email": "", "github_id": "", "wechat_id": "", "lark_id": "",
            "oidc_id": "", "verification_code": "", "access_token": "", "quota": 0, "used_quota": 0,
            "request_count": 0, "group": "", "aff_code": "", "inviter_id": 0,
        ]
    }
}
