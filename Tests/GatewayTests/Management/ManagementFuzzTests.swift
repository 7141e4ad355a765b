import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Sends hostile bodies to every route.
@Suite(.inTurn) struct ManagementFuzzTests {
    /// The names of the members that the routes read.
    private static let names = [
        "id", "user_id", "username", "password", "display_name", "email", "role", "status", "group", "quota", "action",
        "name", "key", "type", "weight", "priority", "models", "base_url", "other", "config", "model_mapping",
        "system_prompt", "expired_time", "remain_quota", "unlimited_quota", "subnet", "value", "remark",
    ]

    private static let values: [String] = [
        "null", "true", "[]", "{}", #""""#, "-1", "0.5", "1e308", "9223372036854775807", "-9223372036854775808",
        "99999999999999999999999999", #""\u0000""#, #""-9223372036854775808""#,
        String(repeating: "[", count: 200) + String(repeating: "]", count: 200),
        "\"" + String(repeating: "x", count: 70_000) + "\"",
    ]

    /// Broken bodies.
    private static let broken: [[UInt8]] =
        ["", "{", "[]", "null", "1", #""x""#, "{\"a\":}", "{\"id\":1", "\u{FEFF}{}", "{}{}"].map { Array($0.utf8) }
        + [
            [0], [0xff, 0xfe], Array(#"{"id":""#.utf8) + [0xff] + Array("\"}".utf8), Array("{\"id\":1}".utf8) + [0],
            Array(repeating: UInt8(ascii: "["), count: 100_000),
            Array((String(repeating: #"{"a":"#, count: 50_000) + "1").utf8),
            Array(("{" + String(repeating: #""id":1,"#, count: 10_000) + #""id":2}"#).utf8),
        ]

    private static let routes = ManagementAPI.allRoutes.filter { $0.method != .get || $0.changesState }

    private static func path(_ route: ManagementAPI.Route, _ id: String) -> String {
        "/api/" + route.segments.map { $0 == ":id" ? id : $0 }.joined(separator: "/")
    }

    /// A body with one hostile member; its other members are valid, so that the route reads as far as it can.
    private static func body(
        _ route: ManagementAPI.Route, _ hasPassword: Bool, _ name: String, _ value: String
    ) -> [UInt8] {
        var members = [
            ("id", "2"), ("user_id", "2"), ("username", #""alice""#), ("type", "1"), ("key", #""k""#),
            ("action", #""enable""#), ("value", #""v""#), ("quota", "1"),
        ]
        if hasPassword { members.append(("password", #""password1""#)) }
        if route.segments == ["option", ""] { members.append(("key", #""SystemName""#)) }
        members.removeAll { $0.0 == name }
        members.append((name, value))
        return Array(("{" + members.map { "\"\($0.0)\":\($0.1)" }.joined(separator: ",") + "}").utf8)
    }

    private func check(_ answer: ManagedAnswer, _ what: String) {
        #expect([200, 400, 401, 403, 413, 429].contains(answer.status), "\(what): \(answer.status)")
        #expect(answer.json["success"]?.bool != nil || answer.json["object"] != nil, "\(what): \(answer.text)")
    }

    @Test("every route answers a broken body in the envelope, and the process survives")
    func brokenBodies() async throws {
        let gateway = try await ManagedGateway()
        for route in Self.routes where route.segments != ["user", "token"] {
            for body in Self.broken {
                let answer = try gateway.send(route.method.name, Self.path(route, "999"), bytes: body)
                check(answer, "\(route.method.name) \(route.segments) \(body.prefix(40))")
            }
        }
        #expect(try gateway.data("GET", "/api/user/self")["role"] == 100)
    }

    @Test("every route that reads bodies answers in the envelope, whatever a member's type and size")
    func hostileMembers() async throws {
        let gateway = try await ManagedGateway()
        try gateway.data("POST", "/api/channel/", ["type": 1, "key": "k", "models": "m"])
        _ = try gateway.addUser("alice")
        try gateway.data("POST", "/api/token/", ["name": "t"])
        let writing = Self.routes.filter { $0.method == .post || $0.method == .put }
        #expect(writing.count >= 8)
        for route in writing {
            // Hashing a password is slow by design, so these routes are tried only with the members that they read.
            let hashes =
                route.segments == ["user", "login"] || route.segments == ["user", ""] && route.method == .post
            for name in hashes ? ["username", "password", "role"] : Self.names where hashes || name != "password" {
                for value in Self.values {
                    let body = Self.body(route, hashes, name, value)
                    let answer = try gateway.send(route.method.name, Self.path(route, "2"), bytes: body)
                    check(answer, "\(route.method.name) \(route.segments) \(name)=\(value.prefix(40))")
                }
            }
        }
        #expect(try gateway.send("GET", "/api/status").status == 200)
    }

    @Test("an id of any kind is answered in the envelope or as an unknown path")
    func hostileIDs() async throws {
        let gateway = try await ManagedGateway()
        let ids = [
            "0", "-1", "9223372036854775807", "-9223372036854775808", "9223372036854775808", "1e3", "%00", "%ff", "x",
            "+1", "٣", "1%201", String(repeating: "9", count: 4000),
        ]
        for route in ManagementAPI.allRoutes where route.segments.contains(":id") {
            for id in ids {
                let encoded = id == "٣" ? "%D9%A3" : id
                let answer = try gateway.send(route.method.name, Self.path(route, encoded))
                check(answer, "\(route.method.name) \(route.segments) \(id)")
            }
        }
    }

    @Test("option values of any kind leave the gateway able to answer")
    func hostileOptions() async throws {
        let gateway = try await ManagedGateway()
        let keys = try gateway.data("GET", "/api/option/").column("key").compactMap(\.string)
        let texts = [
            "", "-1", "9223372036854775807", "-9223372036854775808", "1e308", "1e-9223372036854775808", "nan", "inf",
            "0x1p-1074", "{}", #"{"x":1e-9223372036854775808}"#, #"{"x":9223372036854775807}"#, "[]", "\0", "😀",
        ]
        for key in keys + ["Unknown", "XEnabled", String(repeating: "k", count: 191)]
        where key != "PasswordLoginEnabled" {
            for text in texts {
                let body: JSON = ["key": .string(key), "value": .string(text)]
                check(try gateway.send("PUT", "/api/option/", body), "\(key)=\(text)")
            }
        }
        for path in ["/api/status", "/api/user/", "/api/token/", "/api/option/", "/api/group/"] {
            #expect(try gateway.send("GET", path).json["success"] == true, "\(path)")
        }
        try gateway.data("POST", "/api/topup", ["user_id": 1, "quota": 1])
    }
}
