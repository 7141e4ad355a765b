import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

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
        // The old row is not used even once, but read again.
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

    @Test("whoever has read the new state finds it in force, even before the change is answered")
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

    @Test("if a user's group changes during a request, the new one counts afterwards")
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

    @Test("of two concurrent values of an option, memory has the one that the database has")
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
