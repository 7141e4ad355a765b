import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Rows may hold values that would be refused today. An edit checks only what it changes.
@Suite(.inTurn) struct ManagementUntouchedTests {
    /// A channel whose every field would be refused today.
    private static func broken(type: Int64) -> ChannelRecord {
        var channel = ChannelRecord()
        (channel.type, channel.key, channel.models) = (type, "no dot, but blanks\r", "m")
        (channel.name, channel.group) = (String(repeating: "n", count: 300), String(repeating: "g", count: 40))
        (channel.weight, channel.priority) = (-5, 1 << 40)
        (channel.baseURL, channel.other) = ("ftp://a b:99999/\\", "yesterday")
        (channel.modelMapping, channel.config) = (#"{"a":1"#, #"{"api_version":"yesterday""#)
        return channel
    }

    private static let types: [Int64] = [1, 3, 8, 15, 16, 18, 33, 43, 50, 999]

    private func gateway(type: Int64) async throws -> ManagedGateway {
        try await ManagedGateway(seed: { try $0.insert(Self.broken(type: type)) })
    }

    @Test(
        "a channel with broken fields or an unserved type can still be disabled, renamed and so on",
        arguments: types, ["whole row", "one member"])
    func edits(type: Int64, kind: String) async throws {
        let gateway = try await gateway(type: type)
        let edits: [(String, JSON)] = [
            ("status", 2), ("name", "two"), ("priority", 7), ("status", 1), ("weight", 3), ("models", "m,n"),
            ("group", "vip"), ("system_prompt", "be brief"), ("status", 2),
        ]
        for (name, value) in edits {
            var edit: JSONObject = ["id": 1, name: value]
            if kind == "whole row" {
                edit = try gateway.data("GET", "/api/channel/1").object ?? [:]
                edit[name] = value
            }
            #expect(try gateway.data("PUT", "/api/channel/", .object(edit))[name] == value)
        }
        let stored = try #require(try await gateway.database.read { try $0.channel(id: 1) })
        let before = Self.broken(type: type)
        #expect(stored.key == before.key && stored.baseURL == before.baseURL && stored.config == before.config)
        #expect(stored.modelMapping == before.modelMapping && stored.other == before.other)
    }

    @Test("an empty text is no change if the row has no text", arguments: [3, 8, 50] as [Int64])
    func nothing(type: Int64) async throws {
        let gateway = try await ManagedGateway(seed: { connection in
            var channel = Self.broken(type: type)
            (channel.baseURL, channel.other, channel.config) = (nil, nil, #"{"api_version":"yesterday"}"#)
            try connection.insert(channel)
        })
        let edit: JSON = ["id": 1, "status": 2, "base_url": "", "other": "", "model_mapping": "", "key": ""]
        #expect(try gateway.data("PUT", "/api/channel/", edit)["status"] == 2)
    }

    @Test(
        "the values that an edit changes are still checked",
        arguments: [
            (1, ["base_url": "ftp://b"], "base_url"), (8, ["base_url": ""], "base_url"), (1, ["key": "a b"], "blanks"),
            (16, ["key": "still none"], "blanks"), (16, ["key": "nodot"], "one dot"), (3, ["type": 33], "not served"),
            (18, ["type": 33], "not served"), (33, ["type": 3, "key": "k"], "base_url"),
            (1, ["model_mapping": "{"], "model_mapping"), (1, ["weight": -6], "weight must be"),
            (1, ["priority": 1_099_511_627_777], "priority must be"), (1, ["status": 9], "status must be"),
            (1, ["group": "ggggggggggggggggggggggggggggggggggggggggg"], "a group's name"),
        ] as [(Int64, JSONObject, String)])
    func checked(type: Int64, members: JSONObject, part: String) async throws {
        let gateway = try await gateway(type: type)
        var edit: JSONObject = ["id": 1]
        for member in members.members { edit[member.key] = member.value }
        #expect(try gateway.refusal("PUT", "/api/channel/", .object(edit)).contains(part))
        #expect(try await gateway.database.read { try $0.channel(id: 1)?.name.count } == 300)
    }

    @Test(
        "a channel's key and settings can be repaired one after the other, in either order", arguments: [true, false])
    func mended(isKeyFirst: Bool) async throws {
        let gateway = try await ManagedGateway(seed: { connection in
            var channel = ChannelRecord()
            (channel.type, channel.key, channel.models, channel.other) = (3, "a b", "m", "yesterday")
            channel.baseURL = "https://a.test"
            try connection.insert(channel)
        })
        let edits: [JSON] = [["id": 1, "key": "good"], ["id": 1, "other": "2024-10-21"]]
        for edit in isKeyFirst ? edits : edits.reversed() { try gateway.data("PUT", "/api/channel/", edit) }
        let wrong: JSON = ["id": 1, "other": "tomorrow"]
        #expect(try gateway.refusal("PUT", "/api/channel/", wrong).contains("api_version"))
    }

    @Test("a user with too long texts or an invalid role can be disabled and regrouped, even by sending the whole row")
    func users() async throws {
        let gateway = try await ManagedGateway()
        let alice = try gateway.addUser("alice")
        let long = String(repeating: "x", count: 60)
        try await gateway.database.write { connection -> Void in
            try connection.run(
                "UPDATE users SET display_name = ?, email = ?, role = 5, `group` = ? WHERE id = ?", .text(long),
                .text(long), .text(long), .int(alice.id))
        }
        for (name, value) in [("status", 2), ("group", "vip"), ("quota", 5), ("status", 1)] as [(String, JSON)] {
            var edit = try gateway.user(alice.id).object ?? [:]
            edit[name] = value
            try gateway.data("PUT", "/api/user/", .object(edit))
            #expect(try gateway.user(alice.id)[name] == value)
        }
        #expect(
            try gateway.refusal("PUT", "/api/user/", ["id": .int(alice.id), "email": .string(long + "y")])
                == "Invalid input, please check your input")
        try await gateway.database.write { connection -> Void in
            try connection.run("UPDATE users SET role = 1 WHERE id = ?", .int(alice.id))
        }
        var own = try gateway.data("GET", "/api/user/self", headers: alice.headers).object ?? [:]
        own["username"] = "alicia"
        try gateway.data("PUT", "/api/user/self", .object(own), headers: alice.headers)
        #expect(try gateway.user(alice.id)["username"] == "alicia")
    }
}
