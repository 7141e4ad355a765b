import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Which answers open a channel's breaker, and which close it.
@Suite(.inTurn) struct BreakerTests {
    private static let json: HTTPHeaders = ["Content-Type": "application/json"]

    private static func failure(_ status: Int) -> StubUpstream.Answer {
        .whole(
            HTTPResponse(
                status: status, headers: json, body: Array(#"{"error":{"message":"m","type":"server_error"}}"#.utf8)))
    }

    /// Whether the breaker has opened and no success has closed it since.
    private func isOpen(_ fixture: GatewayFixture) throws -> Bool {
        try #require(fixture.services.routing.table.channel(1)).health.isOpen(at: 1)
    }

    @Test("an upstream's own failures open the breaker at the limit, a client's never do", arguments: [500, 429, 400])
    func opens(status: Int) async throws {
        let fixture = try await GatewayFixture { _ in Self.failure(status) }
        try fixture.addChannel()
        #expect(ChannelHealth.failureLimit == 5)
        for number in 1...ChannelHealth.failureLimit {
            #expect(try fixture.chat(chatBody()).status == status)
            let isLast = number == ChannelHealth.failureLimit
            #expect(try isOpen(fixture) == (isLast && status != 400))
        }
    }

    @Test("an upstream that sends Retry-After opens the breaker at once")
    func retryAfter() async throws {
        let fixture = try await GatewayFixture { _ in .error(429, #"{"error":{"message":"m","type":"x"}}"#) }
        try fixture.addChannel()
        #expect(try fixture.chat(chatBody()).status == 429)
        #expect(try isOpen(fixture))
    }

    /// Successful answers in the forms in which they can come.
    enum Success: String, CaseIterable, Sendable {
        case whole, stream, embeddings

        var answer: StubUpstream.Answer {
            switch self {
            case .whole: return .chat("fine")
            case .stream:
                let event = #"{"id":"c","choices":[{"index":0,"delta":{"content":"a"},"finish_reason":"stop"}]}"#
                return .stream([event, "[DONE]"], isCut: false)
            case .embeddings:
                let body = #"{"object":"list","data":[],"usage":{"prompt_tokens":1,"total_tokens":1}}"#
                return .whole(HTTPResponse(headers: BreakerTests.json, body: Array(body.utf8)))
            }
        }
    }

    @Test("a success in any form clears the failures before it", arguments: Success.allCases)
    func forgets(success: Success) async throws {
        let few = ChannelHealth.failureLimit - 1
        let fixture = try await GatewayFixture { call in call.number == few ? success.answer : Self.failure(500) }
        try fixture.addChannel()
        for _ in 0..<few { #expect(try fixture.chat(chatBody()).status == 500) }
        if success == .embeddings {
            #expect(try fixture.post("/v1/embeddings", Array(#"{"model":"gpt-4o","input":"x"}"#.utf8)).status == 200)
        } else {
            #expect(try fixture.chat(chatBody(["stream": .bool(success == .stream)])).status == 200)
        }
        for _ in 0..<few { #expect(try fixture.chat(chatBody()).status == 500) }
        #expect(try !isOpen(fixture))
        #expect(try fixture.chat(chatBody()).status == 500)
        #expect(try isOpen(fixture))
    }
}
