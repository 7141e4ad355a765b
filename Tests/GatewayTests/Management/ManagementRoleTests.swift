import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementRoleTests {
    @Test(
        "no route accepts an invalid role",
        arguments: [2, 9, 11, 50, 99, 101, 1000, -1, Int64.max, Int64.min] as [Int64])
    func noRoles(role: Int64) async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let message = "invalid parameter: role must be one of 1, 10, 100"
        #expect(try gateway.refusal("PUT", "/api/user/", ["id": .int(alice.id), "role": .int(role)]) == message)
        let body: JSON = ["username": "bob", "password": "password1", "role": .int(role)]
        #expect(try gateway.refusal("POST", "/api/user/", body) == message)
        #expect(try gateway.user(alice.id)["role"] == 1)
        #expect(try gateway.data("GET", "/api/user/search?keyword=bob") == [])
    }

    @Test("an administrator cannot make an administrator or root, neither by an edit nor as a new account")
    func belowRoot() async throws {
        let gateway = try await ManagedGateway()
        let adam = try gateway.addUser("adam", isAdmin: true)
        let alice = try gateway.addUser("alice")
        for role: Int64 in [10, 100] {
            let edit: JSON = ["id": .int(alice.id), "role": .int(role)]
            #expect(
                try gateway.refusal("PUT", "/api/user/", edit, headers: adam.headers) == "无权将其他用户权限等级提升到大于等于自己的权限等级")
            let made: JSON = ["username": "bob", "password": "password1", "role": .int(role)]
            #expect(try gateway.refusal("POST", "/api/user/", made, headers: adam.headers) == "无法创建权限大于等于自己的用户")
        }
        let own: JSON = ["id": .int(adam.id), "role": 100]
        #expect(try gateway.refusal("PUT", "/api/user/", own, headers: adam.headers) == "无权更新同权限等级或更高权限等级的用户信息")
        try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "role": 1], headers: adam.headers)
        try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "role": 10])
        #expect(try gateway.user(alice.id)["role"] == 10)
    }

    @Test(
        "a row with an invalid role has no rights, and an administrator can repair it",
        arguments: [0, 50, 1000, -5, Int64.max] as [Int64])
    func strangeRows(role: Int64) async throws {
        let gateway = try await ManagedGateway()
        let adam = try gateway.addUser("adam", isAdmin: true)
        let alice = try gateway.addUser("alice")
        let key = try gateway.data("GET", "/api/token/", headers: alice.headers)[0]?["key"]?.string ?? ""
        try await gateway.database.write { connection -> Void in
            try connection.run("UPDATE users SET role = ? WHERE id = ?", .int(role), .int(alice.id))
        }
        for path in ["/api/user/self", "/api/channel/", "/api/option/"] {
            #expect(try gateway.refusal("GET", path, headers: alice.headers) == "无权进行此操作，权限不足")
        }
        let pinned = try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)-1"])
        #expect(pinned.status == 403)
        try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "role": 1], headers: adam.headers)
        #expect(try gateway.send("GET", "/api/user/self", headers: alice.headers).status == 200)
    }

    @Test("an invalid status is refused, and an edit cannot set the status of a deleted user")
    func statuses() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        for status: Int64 in [4, -1, Int64.max] {
            let body: JSON = ["id": .int(alice.id), "status": .int(status)]
            #expect(
                try gateway.refusal("PUT", "/api/user/", body)
                    == "invalid parameter: status must be one of 1, 2, 3")
        }
        try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "status": 3])
        #expect(try gateway.user(alice.id)["status"] == 1)
        let token = try gateway.newestID("/api/token/", headers: alice.headers)
        for status: JSON in [5, -1, 0, .null] {
            let body: JSON = ["id": .int(token), "status": status]
            let path = "/api/token/?status_only=1"
            #expect(try gateway.refusal("PUT", path, body, headers: alice.headers).contains("status must be"))
        }
    }

    @Test("an administrator's edit fails if the user was promoted while the edit was under way")
    func promotedMeanwhile() async throws {
        var gated: GatedDatabase?
        let gateway = try await ManagedGateway(wrapping: { base in
            let made = GatedDatabase(base)
            gated = made
            return made
        })
        let database = try #require(gated)
        let adam = try gateway.addUser("adam", isAdmin: true)
        for (number, (method, path, body)) in [
            ("PUT", "/api/user/", ["id": "USER", "display_name": "taken"]),
            ("POST", "/api/user/manage", ["username": "NAME", "action": "disable"]), ("DELETE", "/api/user/USER", nil),
        ].enumerated() as EnumeratedSequence<[(String, String, JSON?)]> {
            let user = try gateway.addUser("user\(number)")
            var sent = body
            if case .object(var object) = sent {
                if object["id"] != nil { object["id"] = .int(user.id) }
                if object["username"] != nil { object["username"] = .string("user\(number)") }
                sent = .object(object)
            }
            let stop = database.stop(.beforeWrite)
            let (port, bytes) = (gateway.gateway.port, sent?.encoded())
            let target = path.replacing("USER", with: String(user.id))
            let late = InBackground { try ManagedGateway.send(port, method, target, bytes, adam.headers) }
            #expect(await stop.reached())
            try gateway.data("POST", "/api/user/manage", ["username": .string("user\(number)"), "action": "promote"])
            stop.goOn()
            #expect(try await late.result().json["success"] == false, "\(method) \(path)")
            let now = try gateway.user(user.id)
            #expect(now["status"] == 1 && now["display_name"]?.string == "user\(number)" && now["role"] == 10)
        }
    }
}
