import Database
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Channels of types that one-api serves and this version does not, as they are after a move from one-api.
@Suite(.inTurn) struct UnservedChannelTests {
    private static func channel(_ name: String, type: Int64, _ models: String, status: Int64 = 1) -> ChannelRecord {
        var channel = ChannelRecord()
        (channel.type, channel.name, channel.key, channel.models) = (type, name, "a|b|c", models)
        (channel.priority, channel.status) = (100, status)
        return channel
    }

    @Test("no request is routed to them, whatever their priority, and models that only they have are not listed")
    func routing() async throws {
        let fixture = try await GatewayFixture()
        try await fixture.database.write { connection in
            try connection.insert(Self.channel("spark", type: 18, "gpt-4o,spark"))
            try connection.insert(Self.channel("aws", type: 33, "gpt-4o"))
        }
        try await fixture.services.routing.reload()
        #expect(try fixture.chat(chatBody()).status == 404)
        try fixture.addChannel()
        for _ in 0..<3 { #expect(try fixture.chat(chatBody()).status == 200) }
        #expect(try fixture.chat(chatBody(model: "spark")).status == 404)
        #expect(try fixture.manage("GET", "/api/user/available_models")["data"] == ["gpt-4o", "gpt-4o-mini"])
        for key in ["sk-roottoken", try fixture.key(["models": "gpt-4o,gpt-4o-mini,spark"])] {
            let headers = ["Authorization: Bearer \(key)"]
            let list = try JSON.parse(Array(fixture.call("GET", "/v1/models", headers: headers).body.utf8))
            #expect(list["data"]?.column("id") == ["gpt-4o", "gpt-4o-mini"])
            let one = try fixture.call("GET", "/v1/models/spark", headers: headers)
            #expect(one.body.contains("does not exist"))
        }
        // A request that names such a channel by its number is told so.
        #expect(try fixture.chat(chatBody(), key: "sk-roottoken-1").status == 501)
    }

    @Test("one line at the start names them, and another follows only if they change")
    func log() async throws {
        let gateway = try await ManagedGateway(
            seed: { connection in
                try connection.insert(Self.channel("spark", type: 18, "a"))
                try connection.insert(Self.channel("off", type: 33, "a", status: 2))
                try connection.insert(Self.channel("fine", type: 14, "a"))
                try connection.insert(Self.channel("odd", type: 777, "a"))
            }, keepsLog: true)
        func name(_ id: Int64, _ name: String) throws {
            try gateway.data("PUT", "/api/channel/", ["id": .int(id), "name": .string(name)])
        }
        try name(3, "finer")
        try name(2, "still off")
        try gateway.data("PUT", "/api/channel/", ["id": 2, "status": 1])
        for id: Int64 in [1, 2, 4] { try gateway.data("PUT", "/api/channel/", ["id": .int(id), "status": 2]) }
        await gateway.shutDown()
        let text = String(decoding: readFile(gateway.directory.path + "/oneapi.log"), as: UTF8.self)
        let lines = text.split(separator: "\n").filter { $0.contains("does not serve") }.map { line in
            line.split(separator: "channels=").last.map(String.init) ?? ""
        }
        #expect(
            lines == [
                "#1 spark (type 18, Xunfei), #4 odd (type 777, unknown)",
                "#1 spark (type 18, Xunfei), #2 still off (type 33, AWS), #4 odd (type 777, unknown)",
                "#2 still off (type 33, AWS), #4 odd (type 777, unknown)", "#4 odd (type 777, unknown)",
            ])
    }
}
