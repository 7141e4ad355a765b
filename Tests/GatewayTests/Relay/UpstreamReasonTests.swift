import Foundation
import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// What a client is told of an upstream's error in an unusual shape.
@Suite(.inTurn) struct UpstreamReasonTests {
    private func error(_ type: Int64, _ status: Int, _ body: String, _ retryAfter: String? = nil) async throws -> (
        error: JSON?, head: String
    ) {
        let fixture = try await GatewayFixture { _ in
            var headers: HTTPHeaders = ["Content-Type": "application/json"]
            if let retryAfter { headers.add("Retry-After", retryAfter) }
            return .whole(HTTPResponse(status: status, headers: headers, body: Array(body.utf8)))
        }
        try fixture.addChannel(["type": .int(type)])
        let answer = try fixture.chat(chatBody())
        #expect(answer.status == status)
        return (try JSON.parse(Array(answer.body.utf8))["error"], answer.head)
    }

    @Test("Google's sentence is found in its array, and the wait among its details")
    func google() async throws {
        let unknown =
            #"[{"error":{"code":400,"message":"Unknown name \"x\": Cannot find field.","status":"INVALID_ARGUMENT"}}]"#
        let told = try await error(51, 400, unknown).error?["message"]?.string
        #expect(told?.hasPrefix(#"Unknown name "x": Cannot find field. (request id"#) == true)
        let quota =
            #"[{"error":{"code":429,"message":"Quota exceeded.","status":"RESOURCE_EXHAUSTED","details":["#
            + #"{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"26s"}]}}]"#
        let limited = try await error(51, 429, quota)
        #expect(limited.error?["message"]?.string?.hasPrefix("Quota exceeded.") == true)
        #expect(limited.head.contains("Retry-After: 26"))
    }

    @Test("the provider's own reason is told in place of OpenRouter's words for any")
    func openRouter() async throws {
        let body =
            #"{"error":{"message":"Provider returned error","code":400,"metadata":{"raw":"#
            + #""{\"error\":{\"message\":\"This model takes at most 1 image.\"}}","provider_name":"P"}},"user_id":"u"}"#
        let told = try await error(20, 400, body).error?["message"]?.string
        #expect(told?.hasPrefix("P: This model takes at most 1 image.") == true)
    }

    @Test("a date until which to wait becomes seconds", arguments: [1, 24, 49] as [Int64])
    func date(type: Int64) async throws {
        let formatter = DateFormatter()
        formatter.locale = Locale(identifier: "en_US_POSIX")
        formatter.timeZone = TimeZone(identifier: "GMT")
        formatter.dateFormat = "EEE, dd MMM yyyy HH:mm:ss 'GMT'"
        let date = formatter.string(from: Date(timeIntervalSinceNow: 30))
        let head = try await error(type, 429, #"{"error":{"message":"Slow down."}}"#, date).head
        let line = head.split(separator: "\r\n").first { $0.hasPrefix("Retry-After: ") }
        let seconds = line.flatMap { Int($0.dropFirst(13)) }
        #expect(seconds.map { (20...31).contains($0) } == true, "\(head)")
    }
}
