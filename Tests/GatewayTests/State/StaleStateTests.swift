import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// A gateway whose database stops where a test says.
private final class Raced {
    let gateway: ManagedGateway
    let database: GatedDatabase

    init() async throws {
        var gated: GatedDatabase?
        gateway = try await ManagedGateway(wrapping: { base in
            let made = GatedDatabase(base)
            gated = made
            return made
        })
        database = try #require(gated)
    }

    func call(
        _ method: String, _ path: String, _ body: JSON? = nil, headers: [String]? = nil
    ) -> InBackground<ManagedAnswer> {
        let port = gateway.gateway.port
        return InBackground { try ManagedGateway.send(port, method, path, body?.encoded(), headers) }
    }

    /// A common user with a token that nobody has used yet.
    func addUser(isAdmin: Bool = false) async throws -> (id: Int64, token: TokenRecord, headers: [String]) {
        let user = try gateway.addUser("alice", isAdmin: isAdmin)
        let tokens = try await gateway.database.read { try $0.tokens(userID: user.id, page: 0) }
        return (user.id, try #require(tokens.first), user.headers)
    }

    func addChannel(_ more: JSONObject = [:]) throws -> Int64 {
        var channel: JSONObject = ["type": 1, "name": "one", "key": "k", "models": "gpt-4o"]
        for member in more.members { channel[member.key] = member.value }
        try gateway.data("POST", "/api/channel/", .object(channel))
        return try gateway.newestID("/api/channel/")
    }

    func chat(_ key: String) throws -> ManagedAnswer {
        try gateway.send(
            "POST", "/v1/chat/completions", chatBody(),
            headers: ["Authorization: Bearer sk-\(key)", "Content-Type: application/json"])
    }

    func models(_ key: String) throws -> ManagedAnswer {
        try gateway.send("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)"])
    }
}

@Suite(.inTurn) struct StaleStateTests {
    @Test("a row read before a change is not kept after it", arguments: PrincipalChange.all)
    func readBefore(_ change: PrincipalChange) async throws {
        let raced = try await Raced()
        _ = try raced.addChannel()
        let user = try await raced.addUser(isAdmin: true)
        let key = user.token.key + change.suffix
        let stop = raced.database.stop(.afterRead)
        let early = raced.call("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)"])
        #expect(await stop.reached())
        let (path, body) = (
            change.path(token: user.token.id, user: user.id), change.body(token: user.token.id, user: user.id)
        )
        try raced.gateway.data(change.method, path, body, headers: change.headers(user.headers))
        stop.goOn()
        // The old row is not even used once: it is read again.
        #expect(try await early.result().status == change.status)
        #expect(try raced.models(key).status == change.status)
        if change.method == "DELETE", change.path.contains("token") {
            #expect(raced.gateway.gateway.services.ledger.balance(ofToken: user.token.id) == nil)
        }
    }

    @Test("a row read during a change is not kept after it", arguments: PrincipalChange.all)
    func readDuring(_ change: PrincipalChange) async throws {
        let raced = try await Raced()
        _ = try raced.addChannel()
        let user = try await raced.addUser(isAdmin: true)
        let key = user.token.key + change.suffix
        let write = raced.database.stop(.beforeWrite)
        let (path, body) = (
            change.path(token: user.token.id, user: user.id), change.body(token: user.token.id, user: user.id)
        )
        let changing = raced.call(change.method, path, body, headers: change.headers(user.headers))
        #expect(await write.reached())
        #expect(try raced.models(key).status == 200)
        let read = raced.database.stop(.afterRead)
        let early = raced.call("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(key)"])
        #expect(await read.reached())
        write.goOn()
        #expect(try await changing.result().json["success"] == true)
        read.goOn()
        _ = try await early.result()
        #expect(try raced.models(key).status == change.status)
    }

    @Test("who has read the new state finds it in force, though its change is not answered yet")
    func seenByOthers() async throws {
        let raced = try await Raced()
        let channel = try raced.addChannel()
        let user = try await raced.addUser()
        #expect(try raced.models(user.token.key).status == 200)
        let first = raced.database.stop(.afterWrite)
        let disabling = raced.call("POST", "/api/user/manage", ["username": "alice", "action": "disable"])
        #expect(await first.reached())
        #expect(try raced.gateway.user(user.id)["status"] == 2)
        #expect(try raced.models(user.token.key).status == 403)
        first.goOn()
        _ = try await disabling.result()
        let second = raced.database.stop(.afterWrite)
        let closing = raced.call("PUT", "/api/channel/", ["id": .int(channel), "status": 2])
        #expect(await second.reached())
        #expect(try raced.gateway.data("GET", "/api/channel/\(channel)")["status"] == 2)
        #expect(try raced.gateway.data("GET", "/api/user/available_models") == [])
        second.goOn()
        _ = try await closing.result()
    }

    @Test("a group that changes meanwhile is the one that counts afterwards")
    func group() async throws {
        let raced = try await Raced()
        _ = try raced.addChannel()
        _ = try raced.addChannel(["models": "o1", "group": "vip"])
        let user = try await raced.addUser()
        let stop = raced.database.stop(.afterRead)
        let early = raced.call("GET", "/v1/models", headers: ["Authorization: Bearer sk-\(user.token.key)"])
        #expect(await stop.reached())
        try raced.gateway.data("PUT", "/api/user/", ["id": .int(user.id), "group": "vip"])
        stop.goOn()
        _ = try await early.result()
        #expect(try raced.models(user.token.key).json["data"]?.column("id") == ["o1"])
    }

    @Test("a routing table made from an older read does not replace a newer one")
    func channels() async throws {
        let raced = try await Raced()
        let (first, second) = (try raced.addChannel(), try raced.addChannel(["models": "o1"]))
        let write = raced.database.stop(.afterWrite)
        let slow = raced.call("PUT", "/api/channel/", ["id": .int(first), "name": "renamed"])
        #expect(await write.reached())
        let read = raced.database.stop(.afterRead)
        write.goOn()
        #expect(await read.reached())
        try raced.gateway.data("DELETE", "/api/channel/\(second)")
        read.goOn()
        #expect(try await slow.result().json["data"]?["name"] == "renamed")
        #expect(try raced.gateway.data("GET", "/api/user/available_models") == ["gpt-4o"])
        #expect(raced.gateway.gateway.services.routing.table.channel(first)?.name == "renamed")
    }

    @Test(
        "where a change cannot be read back it is made, and requests are refused until they can see it",
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

    @Test("who asks to delete another's token disturbs nothing of it")
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
        // The token's first request of all, while it is asked for.
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

    @Test("two values of an option: memory has the one that the database has")
    func options() async throws {
        let raced = try await Raced()
        let write = raced.database.stop(.afterWrite)
        let slow = raced.call("PUT", "/api/option/", ["key": "SystemName", "value": "first"])
        #expect(await write.reached())
        try raced.gateway.data("PUT", "/api/option/", ["key": "SystemName", "value": "second"])
        write.goOn()
        _ = try await slow.result()
        #expect(try raced.gateway.data("GET", "/api/status")["system_name"] == "second")
        let stored = try await raced.gateway.database.read { try $0.options() }
        #expect(stored.first { $0.key == "SystemName" }?.value == "second")
    }
}
