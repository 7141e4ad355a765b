import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

/// What the relay refuses to a user, even with a valid token.
@Suite(.inTurn) struct UserLimitTests {
    private func bob(_ fixture: GatewayFixture) async throws -> (id: Int64, key: String) {
        try fixture.addChannel()
        try fixture.manage("POST", "/api/user/", ["username": "bob", "password": "12345678"])
        let id = try #require(try fixture.manage("GET", "/api/user/search?keyword=bob")["data"]?[0]?["id"]?.int)
        let token = try #require(try await fixture.database.read { try $0.tokens(userID: id, page: 0).first })
        return (id, "sk-" + token.key)
    }

    @Test("a common user cannot choose a channel, but an administrator can")
    func channelChoice() async throws {
        let fixture = try await GatewayFixture()
        let bob = try await bob(fixture)
        try fixture.manage("POST", "/api/topup", ["user_id": .int(bob.id), "quota": 1_000_000])
        let refused = try fixture.chat(chatBody(), key: bob.key + "-1")
        #expect(refused.status == 403 && refused.body.contains("channel_not_allowed"))
        #expect(fixture.upstream.calls.isEmpty)
        try fixture.manage("POST", "/api/user/manage", ["username": "bob", "action": "promote"])
        #expect(try fixture.chat(chatBody(), key: bob.key + "-1").status == 200)
        try fixture.manage("POST", "/api/user/manage", ["username": "bob", "action": "demote"])
        #expect(try fixture.chat(chatBody(), key: bob.key + "-1").status == 403)
        #expect(fixture.upstream.calls.count == 1)
    }

    @Test("a user without quota is refused even if the token is unlimited")
    func noQuota() async throws {
        let fixture = try await GatewayFixture()
        let bob = try await bob(fixture)
        #expect(try fixture.chat(chatBody(), key: bob.key).body.contains("insufficient_user_quota"))
        #expect(fixture.upstream.calls.isEmpty)
    }

    @Test("a disabled or deleted user is not served", arguments: ["disable", "delete"])
    func notEnabled(action: String) async throws {
        let fixture = try await GatewayFixture()
        let bob = try await bob(fixture)
        try fixture.manage("POST", "/api/topup", ["user_id": .int(bob.id), "quota": 1_000_000])
        #expect(try fixture.chat(chatBody(), key: bob.key).status == 200)
        try fixture.manage("POST", "/api/user/manage", ["username": "bob", "action": .string(action)])
        let refused = try fixture.chat(chatBody(), key: bob.key)
        #expect(refused.status == 403 && refused.body.contains("user_disabled"))
        #expect(fixture.upstream.calls.count == 1)
    }
}
