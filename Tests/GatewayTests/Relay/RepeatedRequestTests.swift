import Chat
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Which refusals tell OpenAI's packages not to send the same request again.
@Suite(.inTurn) struct RepeatedRequestTests {
    private static func upstream(
        _ kind: UpstreamFailure.Kind, _ status: Int, isFinal: Bool = false
    ) -> GatewayError {
        let failure = UpstreamFailure(kind: kind, status: status, message: "m")
        return .upstream(isFinal ? failure.final : failure)
    }

    @Test(
        "what repeating cannot change is final, whatever its status",
        arguments: [
            .notImplemented, .tokenQuota, .userQuota, .invalidToken, .modelNotFound("m"), .userDisabled,
            .noChannel(group: "g", model: "m"), .bodyTooLarge(limit: 1), .badBody(.malformed), .unsupportedMediaType,
            upstream(.quotaExceeded, 429), upstream(.badRequest, 400), upstream(.server, 501),
            upstream(.brokenOff, 502, isFinal: true),
        ] as [GatewayError])
    func final(error: GatewayError) { #expect(error.isFinal, "\(error)") }

    @Test(
        "limits of a moment, overload and breakdowns are worth another try",
        arguments: [
            .tooManyInFlight(limit: 1), .bodyBudget(.token), .bodyBudget(.process), .overloaded, .shuttingDown,
            .storageUnavailable, .settingsUnavailable, .tokenLookupFailed, .badBody(.timedOut),
            upstream(.rateLimited, 429), upstream(.overloaded, 503), upstream(.server, 500), upstream(.timedOut, 504),
            upstream(.unreachable, 502),
        ] as [GatewayError])
    func passing(error: GatewayError) { #expect(!error.isFinal, "\(error)") }

    @Test(
        "the answer says so in a header",
        arguments: [
            (429, #"{"error":{"message":"m","type":"insufficient_quota","code":"insufficient_quota"}}"#, true),
            (429, #"{"error":{"message":"m","type":"requests","code":"rate_limit_exceeded"}}"#, false),
            (503, #"{"error":{"message":"m","type":"server_error"}}"#, false),
        ])
    func header(status: Int, body: String, isFinal: Bool) async throws {
        let fixture = try await GatewayFixture { _ in .error(status, body) }
        try fixture.addChannel()
        let answer = try fixture.chat(chatBody())
        #expect(answer.status == status)
        #expect(answer.head.contains("X-Should-Retry: false") == isFinal, "\(answer.head)")
    }

    @Test("an endpoint that is not served says so too")
    func notServed() async throws {
        let fixture = try await GatewayFixture()
        let answer = try fixture.post("/v1/audio/speech", Array("{}".utf8))
        #expect(answer.status == 501 && answer.head.contains("X-Should-Retry: false"))
        let models = try fixture.call("GET", "/v1/models", headers: ["Authorization: roottoken"])
        #expect(models.status == 200 && !models.head.contains("Should-Retry"))
    }
}
