import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// A packed body counts with its unpacked size.
@Suite(.inTurn) struct PackedBodyTests {
    private static let packed = "Content-Encoding: gzip"

    private static func body(_ bytes: Int) throws -> [UInt8] {
        let text = String(repeating: "a", count: bytes)
        return try #require(Gzip.pack(chatBody(["messages": [["role": "user", "content": .string(text)]]]).encoded()))
    }

    @Test("a body that unpacks to more than the limit is refused as too large")
    func tooLarge() async throws {
        var configuration = Configuration()
        configuration.bodyLimit = 1 << 20
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let path = "/v1/chat/completions"
        #expect(try fixture.post(path, Self.body(2 << 20), headers: [Self.packed]).status == 413)
        #expect(try fixture.post(path, Self.body(1000 << 10), headers: [Self.packed]).status == 200)
    }

    @Test("the unpacked sizes of one token's bodies count against the token's budget")
    func budget() async throws {
        var configuration = Configuration()
        configuration.bodyLimit = 1 << 20
        // Three bodies are always accepted, whatever the budget.
        configuration.bodyBudget = .init(process: 0, address: 0, token: 1)
        let gate = StubGate()
        let fixture = try await GatewayFixture(configuration) { _ in
            guard case .whole(let response) = StubUpstream.Answer.chat("fine") else { return .drop }
            return .held(gate, response)
        }
        try fixture.addChannel()
        let body = try Self.body(1000 << 10)
        let head = """
            POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: sk-roottoken\r
            Content-Type: application/json\r\n\(Self.packed)\r\nContent-Length: \(body.count)\r\n\r\n
            """
        let clients = try (0..<3).map { _ in
            let client = try RawClient(port: fixture.port)
            client.send(Array(head.utf8) + body)
            return client
        }
        #expect(await eventually { fixture.upstream.calls.count == 3 })
        #expect(try fixture.post("/v1/chat/completions", body, headers: [Self.packed]).status == 429)
        gate.open()
        for client in clients { #expect(client.receiveAnswer().status == 200) }
        #expect(try fixture.post("/v1/chat/completions", body, headers: [Self.packed]).status == 200)
    }
}
