import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

/// An administrator cannot read a stored key, and so must not be able to send it to another host.
@Suite(.inTurn) struct ManagementChannelMoveTests {
    private func gateway(base: String) async throws -> (ManagedGateway, [String]) {
        let gateway = try await ManagedGateway()
        let adam = try gateway.addUser("adam", isAdmin: true)
        try gateway.data(
            "POST", "/api/channel/", ["type": 1, "key": "sk-secret", "models": "m", "base_url": .string(base)])
        return (gateway, adam.headers)
    }

    @Test(
        "an administrator who moves a channel to another host must give its key again",
        arguments: [
            "https://evil.test", "http://good.test", "https://good.test:444", "https://good.test.evil.test", "",
            "https://good.test@evil.test", "https://evil.test/good.test", "https://evil.test#good.test",
            "https://evil.test?https://good.test", "https://[::1]", "https://good.test:443@evil.test",
        ])
    func moved(base: String) async throws {
        let (gateway, adam) = try await gateway(base: "https://good.test/a")
        let edit: JSON = ["id": 1, "base_url": .string(base)]
        #expect(try gateway.refusal("PUT", "/api/channel/", edit, headers: adam).contains("key again"))
        #expect(
            try gateway.refusal(
                "PUT", "/api/channel/", ["id": 1, "base_url": .string(base), "key": ""], headers: adam
            ).contains("key again"))
        let stored = try await gateway.database.read { try $0.channel(id: 1) }
        #expect(stored?.baseURL == "https://good.test/a" && stored?.key == "sk-secret")
        let withKey: JSON = ["id": 1, "base_url": .string(base), "key": "sk-own"]
        guard !base.contains(where: { "@#?".contains($0) }) else {
            #expect(try gateway.refusal("PUT", "/api/channel/", withKey, headers: adam).contains("base_url must not"))
            return
        }
        try gateway.data("PUT", "/api/channel/", withKey, headers: adam)
        #expect(try await gateway.database.read { try $0.channel(id: 1)?.key } == "sk-own")
    }

    @Test("a change of type counts as a move")
    func type() async throws {
        let (gateway, adam) = try await gateway(base: "")
        #expect(
            try gateway.refusal("PUT", "/api/channel/", ["id": 1, "type": 40], headers: adam).contains("key again"))
        try gateway.data("PUT", "/api/channel/", ["id": 1, "type": 1, "base_url": ""], headers: adam)
        try gateway.data("PUT", "/api/channel/", ["id": 1, "type": 40, "key": "sk-own"], headers: adam)
    }

    @Test(
        "another path of the same host is no move, however the host is written",
        arguments: [
            "https://good.test/a", "https://good.test/b", "https://good.test", "https://GOOD.test:443/",
            "https://good.test:/",
        ])
    func samePlace(base: String) async throws {
        let (gateway, adam) = try await gateway(base: "https://good.test/a")
        try gateway.data("PUT", "/api/channel/", ["id": 1, "base_url": .string(base), "name": "n"], headers: adam)
        #expect(try await gateway.database.read { try $0.channel(id: 1)?.key } == "sk-secret")
    }

    @Test("if the host of an address is not written plainly, any change of the address counts as a move")
    func obscure() async throws {
        // Only a row of old can have one.
        let (gateway, adam) = try await gateway(base: "")
        let edits: @Sendable (Connection) throws -> Void = { connection in
            var changes = Changes()
            changes.set("base_url", .text("https://user@good.test/a"))
            _ = try connection.updateChannel(1, changes)
        }
        try await gateway.database.write(edits)
        let edit: JSON = ["id": 1, "base_url": "https://user@good.test/b"]
        #expect(try gateway.refusal("PUT", "/api/channel/", edit, headers: adam).contains("key again"))
        try gateway.data("PUT", "/api/channel/", ["id": 1, "base_url": "https://user@good.test/a"], headers: adam)
    }

    @Test("root may move a channel together with its stored key")
    func root() async throws {
        let (gateway, _) = try await gateway(base: "https://good.test")
        try gateway.data("PUT", "/api/channel/", ["id": 1, "base_url": "https://other.test"])
        #expect(try await gateway.database.read { try $0.channel(id: 1)?.key } == "sk-secret")
    }

    @Test(
        "an origin is scheme, host and port",
        arguments: [
            ("https://a.b", "https://A.B:443/x?y#z", true), ("http://a", "http://a:80", true),
            ("http://a", "https://a", false), ("http://a:80", "http://a:81", false),
            ("http://[::1]:80", "http://[::1]", true),
            ("http://[::1]:81", "http://[::1]", false), ("http://a", "http://a.", false),
        ])
    func origins(left: String, right: String, isSame: Bool) {
        #expect(WebOrigin(left) != nil && (WebOrigin(left) == WebOrigin(right)) == isSame)
    }

    @Test(
        "an address that is not plain has no origin",
        arguments: [
            "", "http://", "a.b", "ftp://a", "http://a@b", "http://a b", "http://a\\b", "http://a:b", "http://a:99999",
            "http://:80", "http://a:-1", "http://a:+1", "//a", "http:/a", "http://ä", "http://a:80:80",
        ])
    func noOrigins(text: String) { #expect(WebOrigin(text) == nil) }
}
