import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Changes that fail half-way, and changes that the caller is not allowed to make.
@Suite(.inTurn) struct DisturbedStateTests {
    @Test(
        "a change that cannot be read back is still made, and requests are refused until they can see it",
        arguments: ["channel", "option"])
    func unread(kind: String) async throws {
        let raced = try await Raced()
        let channel = try raced.addChannel()
        let user = try await raced.addUser()
        #expect(try raced.models(user.token.key).status == 200)
        let stop = raced.database.stop(.afterWrite)
        let changing =
            kind == "channel"
            ? raced.call("PUT", "/api/channel/", ["id": .int(channel), "status": 2])
            : raced.call("PUT", "/api/option/", ["key": "SystemName", "value": "new"])
        #expect(await stop.reached())
        raced.database.refuseReads(true)
        stop.goOn()
        #expect(try await changing.result().json["success"] == true)
        let refused = try raced.models(user.token.key)
        #expect(refused.status == 503 && refused.text.contains("settings_unavailable"))
        #expect(refused.headers["Retry-After"] == "1")
        #expect(try raced.gateway.send("GET", "/api/status", headers: []).status == 503)
        raced.database.refuseReads(false)
        let name = try raced.gateway.data("GET", "/api/status", headers: [])["system_name"]
        #expect((name == "new") == (kind == "option"))
        let models = try raced.models(user.token.key).json["data"]?.column("id")
        #expect(models == (kind == "channel" ? [] : ["gpt-4o"]))
    }

    @Test("an edit that was made is answered as made, even if later reads fail", arguments: ["token", "password"])
    func unreadEdit(kind: String) async throws {
        let raced = try await Raced()
        let user = try await raced.addUser()
        let stop = raced.database.stop(.afterWrite)
        let changing =
            kind == "token"
            ? raced.call(
                "PUT", "/api/token/?status_only=1", ["id": .int(user.token.id), "status": 2], headers: user.headers)
            : raced.call("PUT", "/api/user/self", ["password": "password2"], headers: user.headers)
        #expect(await stop.reached())
        raced.database.refuseReads(true)
        stop.goOn()
        let answer = try await changing.result()
        raced.database.refuseReads(false)
        #expect(answer.json["success"] == true, "\(answer.text)")
        let login = try raced.gateway.logIn("alice", kind == "token" ? "password1" : "password2")
        #expect(login.json["success"] == true)
        let stored = try await raced.gateway.database.read { try $0.token(id: user.token.id) }
        #expect(stored?.status == (kind == "token" ? 2 : 1))
    }

    @Test("an attempt to delete another user's token does not disturb the token")
    func foreignToken() async throws {
        let raced = try await Raced()
        _ = try raced.addChannel()
        let alice = try await raced.addUser()
        let bob = try raced.gateway.addUser("bob")
        try raced.gateway.data("POST", "/api/topup", ["user_id": .int(alice.id), "quota": 1_000_000])
        let (authenticated, looked) = (raced.database.stop(.afterRead), raced.database.stop(.afterRead))
        let deleting = raced.call("DELETE", "/api/token/\(alice.token.id)", headers: bob.headers)
        #expect(await authenticated.reached())
        authenticated.goOn()
        #expect(await looked.reached())
        // The token's very first request, while the deletion is being checked.
        #expect(try raced.chat(alice.token.key).status == 200)
        let ledger = raced.gateway.gateway.services.ledger
        let balance = ledger.balance(ofToken: alice.token.id)
        looked.goOn()
        #expect(try await deleting.result().message == "record not found")
        let reads = raced.database.reads
        #expect(try raced.chat(alice.token.key).status == 200)
        #expect(raced.database.reads == reads && balance != nil)
        #expect(ledger.balance(ofToken: alice.token.id) == balance)
    }
}
