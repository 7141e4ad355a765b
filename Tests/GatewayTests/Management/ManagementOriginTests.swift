import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Pages of other sites cannot act with a user's cookie.
@Suite(.inTurn) struct ManagementOriginTests {
    static let changing: [(method: String, path: String)] = ManagementAPI.allRoutes
        .filter { $0.role != nil && $0.changesState }
        .map { ($0.method.name, "/api/" + $0.segments.map { $0 == ":id" ? "999" : $0 }.joined(separator: "/")) }

    private func root(_ gateway: ManagedGateway) throws -> [String] {
        ["Cookie: \(try gateway.logIn("root", "123456").cookie ?? "")"]
    }

    @Test("the routes that change something are marked as such, including the GETs among them")
    func table() {
        let gets = Set(Self.changing.filter { $0.method == "GET" }.map(\.path))
        #expect(
            gets == [
                "/api/user/token", "/api/user/aff", "/api/channel/test", "/api/channel/test/999",
                "/api/channel/update_balance", "/api/channel/update_balance/999",
            ])
        let others = ManagementAPI.allRoutes.filter { $0.method != .get }
        #expect(others.count > 10 && others.allSatisfy(\.changesState))
        #expect(ManagementAPI.allRoutes.first { $0.segments == ["user", "logout"] }?.changesState == true)
    }

    @Test(
        "a page of another origin cannot change anything by cookie",
        arguments: [
            ["Sec-Fetch-Site: same-site"], ["Sec-Fetch-Site: cross-site"], ["Sec-Fetch-Site: anything"],
            ["Sec-Fetch-Site: same-origin", "Sec-Fetch-Site: same-site"], ["Origin: https://elsewhere.test"],
            ["Origin: http://sub.gateway.test"], ["Origin: null"], ["Origin: http://gateway.test:81"],
            ["Origin: http://gateway.test", "Origin: http://elsewhere.test"], ["Origin: http://gateway.test.evil.test"],
            ["Origin: http://evil.test@gateway.test"], ["Origin: ftp://gateway.test"],
            ["Sec-Fetch-Site: same-site", "Origin: http://gateway.test"],
            ["Referer: http://elsewhere.test/page"], ["Referer: http://gateway.test.evil.test/"],
            ["Referer: http://evil.test/?http://gateway.test/"], ["Referer: http://gateway.test@evil.test/"],
            ["Referer: about:blank"], ["Origin: null", "Referer: http://gateway.test/"],
            ["Sec-Fetch-Site: same-site", "Referer: http://gateway.test/"],
            ["Referer: http://gateway.test/", "Referer: http://elsewhere.test/"],
            // A link on a page that hides its referrer.
            ["Accept: text/html,application/xhtml+xml,*/*;q=0.8"],
        ])
    func foreign(headers: [String]) async throws {
        let gateway = try await ManagedGateway()
        let cookie = try root(gateway)
        let user = try await gateway.database.read { try $0.user(id: 1) }
        for (method, path) in Self.changing {
            let body: JSON? = method == "GET" || method == "DELETE" ? nil : ["id": 1, "display_name": "taken"]
            let answer = try gateway.send(method, path, body, headers: cookie + headers)
            #expect(answer.status == 403 || answer.status == 401, "\(method) \(path): \(answer.text)")
            #expect(answer.json["success"] == false)
        }
        #expect(try await gateway.database.read { try $0.user(id: 1) } == user)
        let logIn: JSON = ["username": "root", "password": "123456"]
        #expect(try gateway.send("POST", "/api/user/login", logIn, headers: headers).status == 403)
        #expect(try gateway.send("GET", "/api/user/logout", headers: cookie + headers).status == 403)
        #expect(try gateway.send("GET", "/api/user/self", headers: cookie).status == 200)
    }

    @Test(
        "pages of the gateway, typed addresses and programs are served",
        arguments: [
            [], ["Accept: application/json, text/plain, */*"], ["Sec-Fetch-Site: same-origin"],
            ["Sec-Fetch-Site: none"],
            ["Origin: http://gateway.test"], ["Origin: https://gateway.test"],
            ["Origin: HTTP://Gateway.Test:80"],
            // The browser's verdict counts for more than a Host that a proxy has rewritten.
            ["Sec-Fetch-Site: same-origin", "Origin: https://outside.test"],
            ["Origin: https://outside.test", "X-Forwarded-Host: outside.test"],
            ["Referer: http://gateway.test/panel?a=b"], ["Referer: https://gateway.test"],
            ["Referer: https://outside.test/panel", "X-Forwarded-Host: outside.test"],
            ["Origin: http://gateway.test", "Referer: https://outside.test/"],
            ["Sec-Fetch-Site: same-origin", "Referer: https://outside.test/"],
        ])
    func own(headers: [String]) async throws {
        let gateway = try await ManagedGateway()
        let cookie = try root(gateway) + headers
        try gateway.data("PUT", "/api/user/self", ["display_name": "Me"], headers: cookie)
        #expect(try gateway.refusal("DELETE", "/api/token/99", headers: cookie) == "record not found")
        try gateway.data("GET", "/api/user/token", headers: cookie)
        #expect(try gateway.send("GET", "/api/user/logout", headers: cookie).status == 200)
    }

    @Test("the operator's own address counts as the gateway's, with the scheme that a proxy reports")
    func serverAddress() async throws {
        let gateway = try await ManagedGateway()
        let cookie = try root(gateway)
        func status(_ headers: String...) throws -> Int {
            try gateway.send("PUT", "/api/user/self", [:], headers: cookie + headers).status
        }
        #expect(try status("Origin: https://api.example.com:8443") == 403)
        try gateway.data(
            "PUT", "/api/option/", ["key": "ServerAddress", "value": "https://api.example.com:8443/"])
        #expect(try status("Origin: https://api.example.com:8443") == 200)
        #expect(try status("Origin: http://api.example.com:8443") == 403)
        #expect(try status("Origin: https://gateway.test", "X-Forwarded-Proto: https") == 200)
        #expect(try status("Origin: http://gateway.test", "X-Forwarded-Proto: https") == 403)
    }

    @Test("a stranger's X-Forwarded-Host is ignored")
    func strangersProxy() async throws {
        var configuration = Configuration.quiet
        configuration.clientAddress = ClientAddress(trusted: [])
        let gateway = try await ManagedGateway(configuration)
        let headers = try root(gateway) + ["Origin: https://outside.test", "X-Forwarded-Host: outside.test"]
        #expect(try gateway.send("PUT", "/api/user/self", [:], headers: headers).status == 403)
    }

    @Test(
        "a call by cookie needs JSON as its content type, which no form of another site can send",
        arguments: [
            ["Content-Type: text/plain"], ["Content-Type: application/x-www-form-urlencoded"],
            ["Content-Type: multipart/form-data; boundary=x"], ["Content-Type: text/plain; application/json"],
            ["Content-Type: application/jsonx"], ["Content-Type: "],
            ["Content-Type: application/json", "Content-Type: text/plain"],
        ])
    func plainText(types: [String]) async throws {
        let gateway = try await ManagedGateway()
        _ = try gateway.addUser("alice")
        let cookie = try root(gateway)
        let body: JSON = ["username": "alice", "action": "promote"]
        let answer = try gateway.send("POST", "/api/user/manage", body, headers: cookie + types)
        #expect(answer.status == 415 && answer.json["success"] == false, "\(answer.text)")
        #expect(try gateway.user(2)["role"] == 1)
        let token = ["Authorization: \(ManagedGateway.rootToken)"]
        #expect(try gateway.send("POST", "/api/user/manage", body, headers: token + types).status == 200)
        #expect(try gateway.user(2)["role"] == 10)
        let demote: JSON = ["username": "alice", "action": "demote"]
        let typed = cookie + ["Content-Type: Application/JSON ; charset=utf-8"]
        #expect(try gateway.send("POST", "/api/user/manage", demote, headers: typed).status == 200)
    }

    @Test("an access token needs neither content type nor origin, even beside a cookie that does")
    func accessToken() async throws {
        let gateway = try await ManagedGateway()
        let headers = ["Authorization: Bearer \(ManagedGateway.rootToken)", "Origin: https://elsewhere.test"]
        #expect(try gateway.send("PUT", "/api/user/self", [:], headers: headers).status == 200)
        let both = try root(gateway) + headers + ["Sec-Fetch-Site: same-site", "Content-Type: text/plain"]
        #expect(try gateway.send("PUT", "/api/user/self", [:], headers: both).status == 200)
        let wrong = try root(gateway) + ["Authorization: nobody", "Sec-Fetch-Site: same-site"]
        #expect(try gateway.send("PUT", "/api/user/self", [:], headers: wrong).message == "无权进行此操作，access token 无效")
    }

    @Test("the cookie is Secure only if a trusted proxy says that the client came by TLS")
    func secure() async throws {
        let gateway = try await ManagedGateway()
        let body: JSON = ["username": "root", "password": "123456"]
        func cookies(_ gateway: ManagedGateway, _ headers: String...) throws -> [String] {
            let made = try gateway.send("POST", "/api/user/login", body, headers: headers)
            let end = try gateway.send("GET", "/api/user/logout", headers: headers + ["Cookie: \(made.cookie ?? "")"])
            return [made, end].compactMap { $0.headers["Set-Cookie"] }
        }
        for value in ["https", "HTTPS", "https, http"] {
            let made = try cookies(gateway, "X-Forwarded-Proto: \(value)")
            #expect(made.count == 2 && made.allSatisfy { $0.hasSuffix("; Secure") }, "\(value)")
        }
        #expect(try cookies(gateway, "X-Forwarded-Proto: http").allSatisfy { !$0.contains("Secure") })
        #expect(try cookies(gateway).allSatisfy { !$0.contains("Secure") && $0.contains("HttpOnly") })
        var configuration = Configuration.quiet
        configuration.clientAddress = ClientAddress(trusted: [])
        let closed = try await ManagedGateway(configuration)
        #expect(try cookies(closed, "X-Forwarded-Proto: https").allSatisfy { !$0.contains("Secure") })
    }
}
