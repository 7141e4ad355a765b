import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Edits of tokens: absent members stay as they are.
@Suite(.inTurn) struct ManagementTokenEditTests {
    private static let members = ["name", "expired_time", "remain_quota", "unlimited_quota", "models", "subnet"]

    @Test(
        "an edit of one member changes only that member",
        arguments: [
            ("name", "b"), ("expired_time", 4_000_000_000), ("remain_quota", 9), ("unlimited_quota", true),
            ("models", "x,y"), ("subnet", "10.0.0.0/8"), ("name", ""), ("models", ""), ("subnet", ""),
            ("models", .null), ("subnet", .null), ("remain_quota", 0), ("expired_time", -1),
        ] as [(String, JSON)])
    func alone(member: String, value: JSON) async throws {
        let gateway = try await ManagedGateway()
        let made = try gateway.data(
            "POST", "/api/token/",
            [
                "name": "a", "expired_time": 3_000_000_000, "remain_quota": 1000, "models": "m,n", "subnet": "::/0",
            ])
        let edited = try gateway.data("PUT", "/api/token/", ["id": made["id"] ?? 0, member: value])
        let stored = try gateway.data("GET", "/api/token/\(made["id"]?.int ?? 0)")
        for name in Self.members {
            let wanted = name == member ? value : made[name]
            #expect(edited[name] == wanted && stored[name] == wanted, "\(name)")
        }
        #expect(stored["status"] == 1)
    }

    @Test("null changes no member but the lists")
    func nulls() async throws {
        let gateway = try await ManagedGateway()
        let made = try gateway.data("POST", "/api/token/", ["name": "a", "remain_quota": 1000, "models": "m"])
        let edited = try gateway.data(
            "PUT", "/api/token/",
            [
                "id": made["id"] ?? 0, "name": .null, "expired_time": .null, "remain_quota": .null,
                "unlimited_quota": .null,
            ])
        #expect(edited == made)
    }

    @Test(
        "a negative limit is refused, for new tokens and old",
        arguments: [(["remain_quota": -1], false), (["remain_quota": -5, "unlimited_quota": false], true)]
            as [(JSONObject, Bool)])
    func negative(members: JSONObject, isUnlimited: Bool) async throws {
        let gateway = try await ManagedGateway()
        #expect(try gateway.refusal("POST", "/api/token/", .object(members)).contains("remain_quota"))
        let made = try gateway.data(
            "POST", "/api/token/", ["remain_quota": 10, "unlimited_quota": .bool(isUnlimited)])
        var edit = members
        edit["id"] = made["id"]
        #expect(try gateway.refusal("PUT", "/api/token/", .object(edit)).contains("remain_quota"))
        #expect(try gateway.data("GET", "/api/token/")[0] == made)
    }

    @Test("an unlimited token may have any remaining quota, and an overdrawn one can be edited with its own")
    func harmless() async throws {
        let gateway = try await ManagedGateway()
        let made = try gateway.data("POST", "/api/token/", ["remain_quota": -1, "unlimited_quota": true])
        var whole = made.object ?? [:]
        whole["name"] = "b"
        #expect(try gateway.data("PUT", "/api/token/", .object(whole))["name"] == "b")
        try await gateway.database.write { connection -> Void in
            var token = TokenRecord()
            (token.userID, token.key, token.remainQuota, token.status) = (1, "overdrawn", -25, 4)
            (token.name, token.subnet) = (String(repeating: "n", count: 40), "everywhere")
            try connection.insert(token)
        }
        var spent = try gateway.data("GET", "/api/token/")[0]?.object ?? [:]
        spent["models"] = "gpt-4o, o1 ,"
        let edited = try gateway.data("PUT", "/api/token/", .object(spent))
        #expect(edited["remain_quota"] == -25 && edited["models"] == "gpt-4o,o1" && edited["subnet"] == "everywhere")
    }

    @Test("blanks around a token's model names are ignored, also in older rows")
    func lists() async throws {
        let gateway = try await ManagedGateway(seed: { connection in
            var token = TokenRecord()
            (token.userID, token.key, token.isUnlimited, token.models) = (1, "listed", true, " o1 , gpt-4o")
            try connection.insert(token)
            (token.key, token.models) = ("blank", " ")
            try connection.insert(token)
        })
        func names(_ key: String) throws -> [JSON] {
            let answer = try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer \(key)"])
            return answer.json["data"]?.column("id") ?? []
        }
        #expect(try names("listed") == ["gpt-4o", "o1"])
        try gateway.data("POST", "/api/channel/", ["type": 1, "key": "k", "models": "m"])
        #expect(try names("blank") == [])
    }
}
