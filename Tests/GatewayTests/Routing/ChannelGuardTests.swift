import Database
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// When a channel is disabled because its account is unusable.
@Suite(.inTurn) struct ChannelGuardTests {
    private static let badKey =
        #"{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"#

    private func fixture(_ status: Int, _ body: String, isOn: Bool) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture { _ in .error(status, body) }
        try fixture.addChannel()
        try fixture.manage(
            "PUT", "/api/option/", ["key": "AutomaticDisableChannelEnabled", "value": .string(isOn ? "true" : "false")])
        return fixture
    }

    private func status(_ fixture: GatewayFixture) throws -> Int64? {
        try fixture.manage("GET", "/api/channel/1")["data"]?["status"]?.int
    }

    @Test("a refused account disables its channel: status, abilities, routing and log show it")
    func disables() async throws {
        let fixture = try await fixture(401, Self.badKey, isOn: true)
        #expect(try fixture.chat(chatBody()).status == 401)
        try await eventually { try status(fixture) == 3 }
        try await eventually { fixture.services.routing.table.tiers(group: "default", model: "gpt-4o").isEmpty }
        #expect([503, 404].contains(try fixture.chat(chatBody()).status))
        #expect(fixture.upstream.calls.count == 1)
        let enabled = try await fixture.database.read { try $0.allChannels().filter { $0.status == 1 }.count }
        #expect(enabled == 0)
        #expect(try await fixture.logText(with: "channel disabled").contains("[ERROR]"))
    }

    @Test("nothing is disabled if the operator has switched it off")
    func off() async throws {
        let fixture = try await fixture(401, Self.badKey, isOn: false)
        #expect(try fixture.chat(chatBody()).status == 401)
        #expect(try fixture.chat(chatBody()).status == 401)
        #expect(try status(fixture) == 1)
        #expect(fixture.upstream.calls.count == 2)
    }

    @Test("of many calls that fail at once only one disables the channel, and after it is enabled another one can")
    func once() async throws {
        var gated: GatedDatabase?
        let fixture = try await GatewayFixture(
            upstream: { _ in .error(401, Self.badKey) },
            wrapping: { base in
                let made = GatedDatabase(base)
                gated = made
                return made
            })
        let database = try #require(gated)
        try fixture.addChannel()
        try fixture.manage("PUT", "/api/option/", ["key": "AutomaticDisableChannelEnabled", "value": "true"])
        let (first, second) = (database.stop(.beforeWrite), database.stop(.beforeWrite))
        #expect(try fixture.chat(chatBody()).status == 401)
        #expect(await first.reached())
        for _ in 0..<3 { #expect(try fixture.chat(chatBody()).status == 401) }
        first.goOn()
        try await eventually { try status(fixture) == 3 }
        #expect(!second.wasReached)
        second.goOn()
        try fixture.manage("PUT", "/api/channel/", ["id": 1, "status": 1])
        #expect(try fixture.chat(chatBody()).status == 401)
        try await eventually { try status(fixture) == 3 }
    }

    static let harmless: [(Int, String)] = [
        (400, #"{"error":{"message":"You said: permission denied, api key expired","type":"invalid_request_error"}}"#),
        (400, #"{"error":{"message":"your access was terminated","type":"invalid_request_error","code":"x"}}"#),
        (500, #"{"error":{"message":"busy","type":"server_error"}}"#),
        (429, #"{"error":{"message":"slow down","type":"rate_limit_error","code":"rate_limit_exceeded"}}"#),
    ]

    @Test("a client's own error and a temporary one disable nothing", arguments: harmless)
    func keeps(code: Int, body: String) async throws {
        let fixture = try await fixture(code, body, isOn: true)
        #expect(try fixture.chat(chatBody()).status == code)
        // The second request is served as well, which shows that the first one disabled nothing.
        #expect(try fixture.chat(chatBody()).status == code)
        #expect(try status(fixture) == 1)
        #expect(fixture.upstream.calls.count == 2)
    }

    static let condemning: [(Int, String)] = [
        (403, #"{"error":{"message":"no","type":"permission_error"}}"#),
        (401, #"{"error":{"message":"no","type":"x","code":"y"}}"#),
        (429, #"{"error":{"message":"no money","type":"insufficient_quota","code":"insufficient_quota"}}"#),
        (403, #"{"error":{"message":"no","type":"x","code":"account_deactivated"}}"#),
        (500, #"{"error":{"message":"Your organization has been disabled.","type":"x"}}"#),
    ]

    @Test("an account without money or rights, or a closed one, disables its channel", arguments: condemning)
    func condemns(code: Int, body: String) async throws {
        let fixture = try await fixture(code, body, isOn: true)
        _ = try fixture.chat(chatBody())
        try await eventually { try status(fixture) == 3 }
    }
}
