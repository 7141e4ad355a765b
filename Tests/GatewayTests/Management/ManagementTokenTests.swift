import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ManagementTokenTests {
    @Test("a new token has thirteen members, a key of 48 alphanumeric characters, and by default no expiry")
    func create() async throws {
        let gateway = try await ManagedGateway()
        let token = try gateway.data(
            "POST", "/api/token/",
            [
                "name": "ci", "remain_quota": 5000, "models": "gpt-4o", "subnet": "10.0.0.0/8, 2001:db8::/32",
            ])
        #expect(
            token.keys == [
                "id", "user_id", "key", "status", "name", "created_time", "accessed_time", "expired_time",
                "remain_quota", "unlimited_quota", "used_quota", "models", "subnet",
            ])
        let key = token["key"]?.string ?? ""
        #expect(key.utf8.count == 48 && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) })
        #expect(token["expired_time"] == -1 && token["status"] == 1 && token["user_id"] == 1)
        #expect(token["remain_quota"] == 5000 && token["unlimited_quota"] == false)
        #expect(try gateway.data("GET", "/api/token/\(token["id"]?.int ?? 0)") == token)
        let plain = try gateway.data("POST", "/api/token/", ["expired_time": 0, "unlimited_quota": true])
        #expect(
            plain["expired_time"] == -1 && plain["models"] == .null && plain["subnet"] == "" && plain["name"] == "")
    }

    @Test(
        "a name that is too long and an invalid network are refused",
        arguments: [
            (#"{"name":"0123456789012345678901234567890"}"#, "参数错误：令牌名称过长"),
            (#"{"subnet":"10.0.0.0"}"#, "参数错误：无效的网段：10.0.0.0"),
            (#"{"subnet":"10.0.0.0/8,10.0.0.0/33"}"#, "参数错误：无效的网段：10.0.0.0/33"),
            (#"{"subnet":"everywhere"}"#, "参数错误：无效的网段：everywhere"),
        ])
    func refused(body: String, message: String) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.send("POST", "/api/token/", bytes: Array(body.utf8)).message == message)
        #expect(try gateway.data("GET", "/api/token/") == [])
    }

    @Test("lists have pages of ten in the order asked for, and the search matches the beginning of names")
    func lists() async throws {
        let gateway = try await ManagedGateway { connection in
            for number in 1...11 {
                var token = TokenRecord()
                (token.userID, token.key, token.name) = (1, "key\(number)", "name\(number)")
                (token.remainQuota, token.isUnlimited) = (Int64(number), number == 4)
                token.usedQuota = Int64(number % 7)
                try connection.insert(token)
            }
        }
        #expect(try gateway.data("GET", "/api/token/").column("id").first == 11)
        #expect(try gateway.data("GET", "/api/token/?p=1").column("id") == [1])
        #expect(try gateway.data("GET", "/api/token/?order=remain_quota").column("id").prefix(2) == [4, 11])
        #expect(try gateway.data("GET", "/api/token/?order=used_quota")[0]?["used_quota"] == 6)
        #expect(
            Set(try gateway.data("GET", "/api/token/search?keyword=name1").column("id").compactMap(\.int)) == [
                1, 10, 11,
            ])
        #expect(try gateway.data("GET", "/api/token/search?keyword=_ame") == [])
    }

    @Test("nobody sees another user's tokens, not even an administrator")
    func owners() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let id = try gateway.newestID("/api/token/", headers: alice.headers)
        #expect(try gateway.data("GET", "/api/token/") == [])
        #expect(try gateway.refusal("GET", "/api/token/\(id)") == "record not found")
        #expect(try gateway.refusal("DELETE", "/api/token/\(id)") == "record not found")
        #expect(try gateway.refusal("PUT", "/api/token/", ["id": .int(id), "name": "mine"]) == "record not found")
        #expect(try gateway.data("GET", "/api/token/\(id)", headers: alice.headers)["name"] == "default")
        try gateway.data("DELETE", "/api/token/\(id)", headers: alice.headers)
        #expect(try gateway.data("GET", "/api/token/", headers: alice.headers) == [])
    }

    @Test("an edit writes what it names, even zero values, but never the status")
    func update() async throws {
        let gateway = try await ManagedGateway()
        let made = try gateway.data(
            "POST", "/api/token/", ["name": "a", "remain_quota": 10, "models": "m", "subnet": "::/0"])
        let edited = try gateway.data(
            "PUT", "/api/token/",
            [
                "id": made["id"] ?? 0, "name": "b", "expired_time": -1, "remain_quota": 700, "status": 2, "user_id": 9,
                "key": "stolen", "models": .null, "subnet": "",
            ])
        #expect(edited["name"] == "b" && edited["remain_quota"] == 700 && edited["status"] == 1)
        #expect(edited["models"] == .null && edited["subnet"] == "" && edited["user_id"] == 1)
        #expect(edited["key"] == made["key"] && edited["created_time"] == made["created_time"])
        let id = made["id"]?.int ?? 0
        #expect(try await gateway.database.read { try $0.token(id: id)?.remainQuota } == 700)
        #expect(try gateway.data("PUT", "/api/token/", ["id": .int(id), "expired_time": 0])["expired_time"] == 0)
        #expect(try gateway.refusal("PUT", "/api/token/", ["name": "x"]) == "id 或 userId 为空！")
        #expect(try gateway.refusal("PUT", "/api/token/", ["id": 99]) == "record not found")
    }

    @Test("status_only changes only the status")
    func statusOnly() async throws {
        let gateway = try await ManagedGateway()
        let made = try gateway.data("POST", "/api/token/", ["name": "a", "remain_quota": 10])
        let body: JSON = ["id": made["id"] ?? 0, "status": 2, "name": "b", "remain_quota": 1]
        let edited = try gateway.data("PUT", "/api/token/?status_only=true", body)
        #expect(edited["status"] == 2 && edited["name"] == "a" && edited["remain_quota"] == 10)
    }

    @Test("an expired or exhausted token cannot be enabled while it would be unusable")
    func enabling() async throws {
        let gateway = try await ManagedGateway { connection in
            for (status, expiry) in [(3, 1), (4, -1)] as [(Int64, Int64)] {
                var token = TokenRecord()
                (token.userID, token.key, token.status, token.expiredTime) = (1, "key\(status)", status, expiry)
                try connection.insert(token)
            }
        }
        #expect(
            try gateway.refusal("PUT", "/api/token/?status_only=1", ["id": 1, "status": 1])
                == "令牌已过期，无法启用，请先修改令牌过期时间，或者设置为永不过期")
        #expect(
            try gateway.refusal("PUT", "/api/token/?status_only=1", ["id": 2, "status": 1])
                == "令牌可用额度已用尽，无法启用，请先修改令牌剩余额度，或者设置为无限额度")
        try gateway.data("PUT", "/api/token/", ["id": 1, "expired_time": -1, "remain_quota": 5])
        #expect(try gateway.data("PUT", "/api/token/?status_only=1", ["id": 1, "status": 1])["status"] == 1)
    }

    @Test("a deleted or disabled token stops working at once")
    func revoked() async throws {
        let gateway = try await ManagedGateway()
        let token = try gateway.data("POST", "/api/token/", ["name": "a", "unlimited_quota": true])
        let headers = ["Authorization: Bearer sk-\(token["key"]?.string ?? "")"]
        #expect(try gateway.send("GET", "/v1/models", headers: headers).status == 200)
        try gateway.data("PUT", "/api/token/?status_only=1", ["id": token["id"] ?? 0, "status": 2])
        #expect(try gateway.send("GET", "/v1/models", headers: headers).status == 401)
        try gateway.data("PUT", "/api/token/?status_only=1", ["id": token["id"] ?? 0, "status": 1])
        #expect(try gateway.send("GET", "/v1/models", headers: headers).status == 200)
        try gateway.data("DELETE", "/api/token/\(token["id"]?.int ?? 0)")
        #expect(try gateway.send("GET", "/v1/models", headers: headers).status == 401)
    }

    @Test("the billing routes tell a token's owner what is left and what was spent")
    func billing() async throws {
        let gateway = try await ManagedGateway()
        let token = try gateway.data("POST", "/api/token/", ["remain_quota": 1_000_000])
        let headers = ["Authorization: Bearer sk-\(token["key"]?.string ?? "")"]
        for prefix in ["", "/v1"] {
            let subscription = try gateway.send("GET", "\(prefix)/dashboard/billing/subscription", headers: headers)
                .json
            #expect(subscription["object"] == "billing_subscription" && subscription["hard_limit_usd"] == 2)
            #expect(subscription["has_payment_method"] == true && subscription["access_until"] == 0)
            let usage = try gateway.send("GET", "\(prefix)/dashboard/billing/usage?start_date=x", headers: headers).json
            #expect(usage["object"] == "list" && usage["total_usage"] == 0)
        }
        let unlimited = try gateway.data("POST", "/api/token/", ["unlimited_quota": true])["key"]?.string ?? ""
        let answer = try gateway.send(
            "GET", "/dashboard/billing/subscription", headers: ["Authorization: \(unlimited)"])
        #expect(answer.json["soft_limit_usd"] == 100_000_000)
        #expect(try gateway.send("GET", "/dashboard/billing/usage", headers: []).status == 401)
    }
}
