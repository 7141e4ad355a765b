import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementUserTests {
    static let members = [
        "id", "username", "password", "display_name", "role", "status", "email", "github_id", "wechat_id", "lark_id",
        "oidc_id", "verification_code", "access_token", "quota", "used_quota", "request_count", "group", "aff_code",
        "inviter_id",
    ]

    @Test("a user has nineteen members everywhere, and no secret among them")
    func shape() async throws {
        let gateway = try await ManagedGateway()
        for path in ["/api/user/?p=0", "/api/user/search?keyword=root"] {
            #expect(try gateway.data("GET", path)[0]?.keys == Self.members)
        }
        for path in ["/api/user/1", "/api/user/self"] { #expect(try gateway.data("GET", path).keys == Self.members) }
        for path in ["/api/user/", "/api/user/search?keyword=root", "/api/user/1", "/api/user/self"] {
            let text = try gateway.send("GET", path).text
            #expect(!text.contains(ManagedGateway.rootToken) && !text.contains("$2a$"))
        }
    }

    @Test("a new account is a common user, enabled, with the granted quota and a token")
    func create() async throws {
        let gateway = try await ManagedGateway()
        try gateway.data("PUT", "/api/option/", ["key": "QuotaForNewUser", "value": "1000000"])
        let alice = try gateway.addUser("alice")
        let user = try gateway.user(alice.id)
        #expect(user["role"] == 1 && user["status"] == 1 && user["quota"] == 1_000_000 && user["group"] == "default")
        #expect(user["display_name"] == "alice")
        let token = try gateway.data("GET", "/api/token/", headers: alice.headers)[0]
        #expect(token?["name"] == "default" && token?["unlimited_quota"] == true && token?["remain_quota"] == -1)
        #expect(token?["expired_time"] == -1)
        let log = try gateway.data("GET", "/api/log/self", headers: alice.headers)[0]
        #expect(log?["content"] == "新用户注册赠送 ＄2.000000 额度" && log?["type"] == 4)
        #expect(log?["request_id"]?.string?.isEmpty == false)
    }

    @Test(
        "an account that must not exist is refused with the reason",
        arguments: [
            (#"{"username":"bob"}"#, "invalid parameter"), (#"{"password":"password1"}"#, "invalid parameter"),
            (#"{"username":"bob","password":"short"}"#, "Invalid input, please check your input"),
            (#"{"username":"a name too long","password":"password1"}"#, "Invalid input, please check your input"),
            (#"{"username":"bob","password":"😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀😀"}"#, "Invalid input, please check your input"),
            (#"{"username":"bob","password":"password1","role":100}"#, "无法创建权限大于等于自己的用户"),
            (#"{"username":"root","password":"password1"}"#, "用户名已被占用 / this username or code is taken"),
            (#"{"username":["bob"],"password":"password1"}"#, "invalid parameter: username must be a string"),
            ("{}", "invalid parameter"), ("{", "invalid parameter"),
        ])
    func refusedCreation(body: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.send("POST", "/api/user/", bytes: Array(body.utf8)).message == message)
        #expect(try gateway.data("GET", "/api/user/").array?.count == 1)
    }

    @Test("a name may have twelve Chinese characters, and a new account whose role is below the caller's is common")
    func characters() async throws {
        let gateway = try await ManagedGateway()
        try gateway.data(
            "POST", "/api/user/", ["username": "一二三四五六七八九十百千", "password": "密码密码密码密码", "role": 10])
        #expect(try gateway.data("GET", "/api/user/")[0]?["role"] == 1)
    }

    @Test("lists have pages of ten, newest first or by a counter, without deleted users; the search finds those too")
    func lists() async throws {
        let gateway = try await ManagedGateway { connection in
            for number in 1...12 {
                var user = UserRecord()
                user.username = "user\(number)"
                user.displayName = number == 3 ? "50%_off" : "x"
                user.role = number == 1 ? 100 : 1
                user.status = number == 12 ? 3 : 1
                user.quota = Int64(number % 5)
                user.accessToken = number == 1 ? ManagedGateway.rootToken : "token\(number)"
                user.affCode = "aff\(number)"
                try connection.insert(user)
            }
        }
        let first = try gateway.data("GET", "/api/user/").column("id")
        #expect(first == (2...11).reversed().map { .int($0) })
        #expect(try gateway.data("GET", "/api/user/?p=1").column("id") == [1])
        #expect(try gateway.data("GET", "/api/user/?p=2") == [])
        #expect(try gateway.data("GET", "/api/user/?p=-1").column("id") == first)
        #expect(try gateway.data("GET", "/api/user/?p=x").column("id") == first)
        let rich = try gateway.data("GET", "/api/user/?order=quota").column("quota").compactMap(\.int)
        #expect(rich == rich.sorted(by: >) && rich.first == 4)
        #expect(try gateway.data("GET", "/api/user/search?keyword=user1").column("id") == [12, 11, 10, 1])
        #expect(try gateway.data("GET", "/api/user/search?keyword=4").column("id") == [4])
        #expect(try gateway.data("GET", "/api/user/search?keyword=50%25_o").column("id") == [3])
        #expect(try gateway.data("GET", "/api/user/search?keyword=%25") == [])
    }

    @Test("an edit writes what it names and leaves the rest, above all the counters")
    func update() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let before = try gateway.user(alice.id)
        let edit: JSON = ["id": .int(alice.id), "display_name": "Alice", "group": "vip", "inviter_id": 1]
        try gateway.data("PUT", "/api/user/", edit)
        var expected = before
        if case .object(var object) = expected {
            object["display_name"] = "Alice"
            object["group"] = "vip"
            object["inviter_id"] = 1
            expected = .object(object)
        }
        #expect(try gateway.user(alice.id) == expected)
        #expect(try gateway.send("GET", "/api/user/self", headers: alice.headers).status == 200)
    }

    @Test("a balance is set through the ledger, even to zero, and logged; setting the same balance is not")
    func quota() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        for quota: Int64 in [500_000, 500_000, 0] {
            try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "quota": .int(quota)])
            #expect(try gateway.user(alice.id)["quota"] == .int(quota))
            let stored = try await gateway.database.read { try $0.user(id: alice.id)?.quota }
            #expect(stored == quota)
        }
        #expect(
            try gateway.data("GET", "/api/log/?type=3").column("content") == [
                "管理员将用户额度从 ＄1.000000 额度修改为 ＄0.000000 额度",
                "管理员将用户额度从 ＄0.000000 额度修改为 ＄1.000000 额度",
            ])
    }

    @Test("rows of top-ups and of set balances carry the request's id")
    func requestIDs() async throws {
        let gateway = try await ManagedGateway()
        let topUp = try gateway.send("POST", "/api/topup", ["user_id": 1, "quota": 5])
        let edit = try gateway.send("PUT", "/api/user/", ["id": 1, "quota": 7])
        for (answer, type) in [(topUp, 1), (edit, 3)] {
            let id = try #require(answer.headers["X-Oneapi-Request-Id"])
            #expect(try gateway.data("GET", "/api/log/?type=\(type)").column("request_id") == [.string(id)])
        }
    }

    @Test("a top-up adds quota and is logged, and one that would overflow is refused")
    func topUp() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        try gateway.data("POST", "/api/topup", ["user_id": .int(alice.id), "quota": 250_000])
        try gateway.data("POST", "/api/topup", ["user_id": .int(alice.id), "quota": 250_000, "remark": "gift"])
        #expect(try gateway.user(alice.id)["quota"] == 500_000)
        let logs = try gateway.data("GET", "/api/log/?type=1")
        #expect(logs.column("content") == ["gift", "通过 API 充值 ＄0.500000 额度"])
        #expect(logs.column("quota") == [250_000, 250_000])
        for (quota, message): (JSON, String) in [
            (-1, "quota 不能为负数！"), (.null, "invalid parameter"),
            (.int(Int64.max), "invalid parameter: quota must be an integer of at most 2^60"),
        ] {
            let body: JSON = ["user_id": .int(alice.id), "quota": quota]
            #expect(try gateway.refusal("POST", "/api/topup", body) == message)
        }
        #expect(try gateway.refusal("POST", "/api/topup", ["user_id": 99, "quota": 1]) == "record not found")
    }

    @Test("an administrator acts only on lower roles, and nobody can demote or disable root")
    func rights() async throws {
        let gateway = try await ManagedGateway()
        let adam = try gateway.addUser("adam", isAdmin: true)
        let eve = try gateway.addUser("eve", isAdmin: true)
        let alice = try gateway.addUser("alice")
        func refusal(_ method: String, _ path: String, _ body: JSON? = nil) throws -> String {
            try gateway.refusal(method, path, body, headers: adam.headers)
        }
        let update = "无权更新同权限等级或更高权限等级的用户信息"
        #expect(try refusal("GET", "/api/user/\(eve.id)") == "无权获取同级或更高等级用户的信息")
        #expect(try refusal("GET", "/api/user/1") == "无权获取同级或更高等级用户的信息")
        #expect(try refusal("PUT", "/api/user/", ["id": .int(eve.id), "display_name": "x"]) == update)
        #expect(
            try refusal("PUT", "/api/user/", ["id": .int(alice.id), "role": 10])
                == "无权将其他用户权限等级提升到大于等于自己的权限等级")
        #expect(try refusal("DELETE", "/api/user/\(eve.id)") == "无权删除同权限等级或更高权限等级的用户")
        #expect(try refusal("POST", "/api/user/manage", ["username": "eve", "action": "disable"]) == update)
        #expect(
            try refusal("POST", "/api/user/manage", ["username": "alice", "action": "promote"])
                == "普通管理员用户无法提升其他用户为管理员")
        #expect(
            try refusal("POST", "/api/user/", ["username": "x", "password": "password1", "role": 10])
                == "无法创建权限大于等于自己的用户")
        #expect(try gateway.refusal("DELETE", "/api/user/1") == "无权删除同权限等级或更高权限等级的用户")
        #expect(try gateway.refusal("DELETE", "/api/user/self") == "不能删除超级管理员账户")
        #expect(try gateway.refusal("PUT", "/api/user/", ["id": 1, "status": 2]) == "无法禁用超级管理员用户")
        #expect(try gateway.refusal("PUT", "/api/user/", ["id": 1, "role": 10]) == "无法降级超级管理员用户")
        try gateway.data("PUT", "/api/user/", ["id": .int(alice.id), "display_name": "ok"], headers: adam.headers)
    }

    @Test(
        "manage does what its action says",
        arguments: [
            ("disable", 1, 2), ("enable", 1, 1), ("promote", 10, 1), ("delete", 1, 3), ("nothing", 1, 1),
        ])
    func manage(action: String, role: Int64, status: Int64) async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let data = try gateway.data("POST", "/api/user/manage", ["username": "alice", "action": .string(action)])
        #expect(data["role"]?.int == role && data["status"]?.int == status && data["username"] == "")
        let user = try gateway.user(alice.id)
        #expect(user["role"]?.int == role && user["status"]?.int == status)
        #expect(user["username"]?.string?.hasPrefix("deleted_") == (action == "delete"))
    }

    @Test(
        "manage refuses what makes no sense",
        arguments: [
            ("nobody", "enable", "用户不存在"), ("root", "disable", "无法禁用超级管理员用户"),
            ("root", "delete", "无法删除超级管理员用户"), ("root", "demote", "无法降级超级管理员用户"),
            ("adam", "promote", "该用户已经是管理员"), ("alice", "demote", "该用户已经是普通用户"),
            ("", "enable", "invalid parameter"),
        ])
    func refusedManagement(name: String, action: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        _ = try gateway.addUser("alice")
        _ = try gateway.addUser("adam", isAdmin: true)
        let body: JSON = ["username": .string(name), "action": .string(action)]
        #expect(try gateway.refusal("POST", "/api/user/manage", body) == message)
    }

    @Test("deleting answers in the envelope, frees the name and keeps the row")
    func delete() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        try gateway.data("DELETE", "/api/user/\(alice.id)")
        #expect(try gateway.user(alice.id)["status"] == 3)
        #expect(try gateway.data("GET", "/api/user/").column("id") == [1])
        #expect(try gateway.addUser("alice").id != alice.id)
        #expect(try gateway.refusal("DELETE", "/api/user/77") == "record not found")
    }

    @Test(
        "a missing id or user is reported",
        arguments: [
            ("GET", "/api/user/99", "", "record not found"), ("PUT", "/api/user/", "{}", "invalid parameter"),
            ("PUT", "/api/user/", #"{"id":0}"#, "invalid parameter"),
            ("PUT", "/api/user/", #"{"id":99}"#, "record not found"),
            ("PUT", "/api/user/", #"{"id":1,"password":"short"}"#, "Invalid input, please check your input"),
            ("PUT", "/api/user/", #"{"id":"1"}"#, "invalid parameter: id must be an integer"),
        ])
    func missing(method: String, path: String, body: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        let bytes = body.isEmpty ? nil : Array(body.utf8)
        #expect(try gateway.send(method, path, bytes: bytes).message == message)
    }
}
