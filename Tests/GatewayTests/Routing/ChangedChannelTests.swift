import Database
import JSON
import TestTraits
import Testing

@testable import Gateway

/// A late failure must not undo what an operator changed in the meantime.
@Suite(.inTurn) struct ChangedChannelTests {
    private static let refusal = StubUpstream.Answer.error(
        401, #"{"error":{"message":"Incorrect API key","type":"invalid_request_error","code":"invalid_api_key"}}"#)

    /// Waits until a channel has a status, for at most `limit` times ten milliseconds.
    private func status(_ fixture: GatewayFixture, becomes status: Int64, within limit: Int = 1000) async throws -> Bool
    {
        for _ in 0..<limit {
            if try await fixture.database.read({ try $0.channel(id: 1)?.status }) == status { return true }
            try await Task.sleep(for: .milliseconds(10))
        }
        return false
    }

    @Test(
        "a channel that was changed while a call with its old key failed is left as it is",
        arguments: [(["id": 1, "key": "sk-new"], 1), (["id": 1, "status": 2], 2)] as [(JSON, Int64)])
    func changedMeanwhile(edit: JSON, expected: Int64) async throws {
        let gate = StubGate()
        let fixture = try await GatewayFixture { call in
            guard case .whole(let response) = Self.refusal else { return .drop }
            return call.number == 0 ? .held(gate, response) : .chat("fine")
        }
        try fixture.addChannel()
        try fixture.manage("PUT", "/api/option/", ["key": "AutomaticDisableChannelEnabled", "value": "true"])
        let port = fixture.port
        let body = chatBody().encoded()
        let late = InBackground {
            try ManagedGateway.send(
                port, "POST", "/v1/chat/completions", body, ["Authorization: Bearer sk-roottoken"])
        }
        for _ in 0..<1000 where fixture.upstream.calls.isEmpty { try await Task.sleep(for: .milliseconds(10)) }
        #expect(try fixture.manage("PUT", "/api/channel/", edit)["success"] == true)
        gate.open()
        _ = try await late.result()
        #expect(try await !status(fixture, becomes: 3, within: 30))
        #expect(try await fixture.database.read { try $0.channel(id: 1)?.status } == expected)
    }
}
