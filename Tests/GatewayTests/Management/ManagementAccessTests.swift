import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementAccessTests {
    static let protected: [(method: String, path: String, role: Role)] = ManagementAPI.allRoutes
        .compactMap { route in
            let path = route.segments.map { $0 == ":id" ? "999" : $0 }.joined(separator: "/")
            return route.role.map { (route.method.name, "/api/" + path, $0) }
        }

    @Test("every protected route refuses a caller without a session, with an unknown token or with too low a role")
    func levels() async throws {
        let gateway = try await ManagedGateway()
        let user = try gateway.addUser("alice").headers
        let admin = try gateway.addUser("adam", isAdmin: true).headers
        #expect(Self.protected.count > 40)
        for (method, path, role) in Self.protected {
            let stranger = try gateway.send(method, path, headers: [])
            #expect(stranger.status == 401, "\(method) \(path)")
            #expect(stranger.message == "无权进行此操作，未登录且未提供 access token")
            let unknown = try gateway.send(method, path, headers: ["Authorization: Bearer nobody"])
            #expect(unknown.status == 200)
            #expect(unknown.message == "无权进行此操作，access token 无效", "\(method) \(path)")
            let lower = role == .root ? admin : user
            guard role != .common else { continue }
            let answer = try gateway.send(method, path, headers: lower)
            #expect(answer.status == 200)
            #expect(answer.message == "无权进行此操作，权限不足", "\(method) \(path)")
        }
    }

    @Test("a log-in answers with the user and sets a cookie that scripts cannot read and other sites cannot send")
    func logIn() async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.logIn("root", "123456")
        let data = answer.json["data"]
        #expect(data?["id"]?.int == 1 && data?["username"]?.string == "root" && data?["role"]?.int == 100)
        #expect(data?["status"]?.int == 1 && data?["display_name"]?.string == "Root User")
        #expect(data?["password"]?.string == "" && data?["access_token"]?.string == "" && data?["quota"]?.int == 0)
        #expect(data?.keys.count == 19)
        let attributes = (answer.headers["Set-Cookie"] ?? "").split(separator: ";").map { $0.filter { $0 != " " } }
        #expect(attributes.first?.hasPrefix("session=") == true)
        for wanted in ["Path=/", "Max-Age=2592000", "HttpOnly", "SameSite=Lax"] { #expect(attributes.contains(wanted)) }
        #expect(try gateway.data("GET", "/api/user/self", headers: ["Cookie: a=b; \(answer.cookie ?? "")"])["id"] == 1)
    }

    @Test(
        "a log-in with a wrong name, password or body is refused without a cookie",
        arguments: [
            (#"{"username":"root","password":"wrong password"}"#, "用户名或密码错误，或用户已被封禁"),
            (#"{"username":"nobody","password":"123456"}"#, "用户名或密码错误，或用户已被封禁"),
            (#"{"username":"root","password":"123456\u0000"}"#, "用户名或密码错误，或用户已被封禁"),
            (#"{"username":"root"}"#, "invalid parameter"), (#"{"username":"","password":"x"}"#, "invalid parameter"),
            (#"{"username":1,"password":"123456"}"#, "invalid parameter: username must be a string"),
            ("{", "invalid parameter"), ("", "invalid parameter"), ("[]", "invalid parameter"),
        ])
    func refusedLogIn(body: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        let answer = try gateway.send("POST", "/api/user/login", bytes: Array(body.utf8), headers: [])
        #expect(answer.status == 200 && answer.message == message && answer.cookie == nil)
    }

    @Test("a user can log in by e-mail address, and member names match in upper and lower case")
    func emailLogIn() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "email": "alice@example.com"])
        let body: JSON = ["UserName": "alice@example.com", "PASSWORD": "password1"]
        #expect(try gateway.data("POST", "/api/user/login", body, headers: [])["id"]?.int == alice.id)
    }

    @Test("password log-in can be switched off")
    func noPasswords() async throws {
        let gateway = try await ManagedGateway()
        try gateway.data("PUT", "/api/option/", ["key": "PasswordLoginEnabled", "value": "false"])
        #expect(try gateway.logIn("root", "123456").message == "管理员关闭了密码登录")
    }

    @Test("a log-out ends the session, also for copies of its cookie, and ends no other session")
    func logOut() async throws {
        let gateway = try await ManagedGateway()
        let (first, second) = (
            try gateway.addUser("alice").headers, try gateway.logIn("alice", "password1").cookie ?? ""
        )
        let answer = try gateway.send("GET", "/api/user/logout", headers: first)
        #expect(answer.json["success"] == true && answer.json["data"] == nil)
        #expect(answer.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
        #expect(try gateway.send("GET", "/api/user/self", headers: first).status == 401)
        #expect(try gateway.send("GET", "/api/user/self", headers: ["Cookie: \(second)"]).status == 200)
        let stranger = try gateway.send("GET", "/api/user/logout", headers: [])
        #expect(stranger.json["success"] == true && stranger.cookie == nil)
    }

    @Test("a new password ends every session but the one that set it")
    func newPassword() async throws {
        let gateway = try await ManagedGateway()
        let (own, other) = (try gateway.addUser("alice").headers, try gateway.logIn("alice", "password1").cookie ?? "")
        let answer = try gateway.send("PUT", "/api/user/self", ["password": "password2"], headers: own)
        #expect(answer.json["success"] == true)
        #expect(try gateway.send("GET", "/api/user/self", headers: ["Cookie: \(other)"]).status == 401)
        #expect(try gateway.send("GET", "/api/user/self", headers: own).status == 401)
        #expect(try gateway.send("GET", "/api/user/self", headers: ["Cookie: \(answer.cookie ?? "")"]).status == 200)
        #expect(try gateway.logIn("alice", "password1").cookie == nil)
        #expect(try gateway.logIn("alice", "password2").cookie != nil)
    }

    @Test("a demotion and a disabling take effect at once")
    func rightsAreReadAnew() async throws {
        let gateway = try await ManagedGateway()
        let adam = try gateway.addUser("adam", isAdmin: true)
        try gateway.data("GET", "/api/channel/", headers: adam.headers)
        try gateway.data("POST", "/api/user/manage", ["username": "adam", "action": "demote"])
        #expect(try gateway.refusal("GET", "/api/channel/", headers: adam.headers) == "无权进行此操作，权限不足")
        let token = try gateway.data("GET", "/api/user/token", headers: adam.headers).string ?? ""
        for action in ["disable", "delete"] {
            try gateway.data("POST", "/api/user/manage", ["username": "adam", "action": .string(action)])
            let answer = try gateway.send("GET", "/api/user/self", headers: adam.headers)
            #expect(answer.message == "用户已被封禁")
            #expect(answer.headers["Set-Cookie"]?.contains("Max-Age=0") == true)
            let message = try gateway.refusal("GET", "/api/user/self", headers: ["Authorization: \(token)"])
            #expect(message == (action == "disable" ? "用户已被封禁" : "无权进行此操作，access token 无效"))
            #expect(try gateway.logIn("adam", "password1").cookie == nil)
        }
    }

    @Test("a forged cookie is refused, and so is one that a page of another site made the browser send")
    func foreignCookies() async throws {
        let gateway = try await ManagedGateway()
        let headers = try gateway.addUser("alice").headers
        let forged = headers[0].replacing("|2|", with: "|1|")
        #expect(forged != headers[0])
        #expect(try gateway.send("GET", "/api/user/self", headers: [forged]).status == 401)
        #expect(
            try gateway.send("GET", "/api/user/token", headers: headers + ["Sec-Fetch-Site: cross-site"]).status == 401)
        #expect(
            try gateway.send("GET", "/api/user/token", headers: headers + ["Sec-Fetch-Site: same-origin"]).status == 200
        )
    }

    @Test("the access token works with and without Bearer, and a new one replaces it")
    func accessToken() async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.data("GET", "/api/user/self", headers: ["Authorization: Bearer rootaccess"])["id"] == 1)
        let token = try gateway.data("GET", "/api/user/token").string ?? ""
        #expect(token.utf8.count == 32 && token.allSatisfy(\.isHexDigit))
        #expect(try gateway.send("GET", "/api/user/self").message == "无权进行此操作，access token 无效")
        #expect(try gateway.data("GET", "/api/user/self", headers: ["Authorization: \(token)"])["id"] == 1)
    }
}
