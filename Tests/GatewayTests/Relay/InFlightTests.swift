import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct InFlightTests {
    @Test("a user with too many requests under way gets 429 with Retry-After, in either language, and then goes on")
    func tooMany() async throws {
        let gate = StubGate()
        let answer = HTTPResponse(
            headers: ["Content-Type": "application/json"],
            body: Array(
                #"{"choices":[{"message":{"content":"ok"}}],"usage":{"prompt_tokens":1,"completion_tokens":1}}"#.utf8))
        let fixture = try await GatewayFixture { _ in .held(gate, answer) }
        try fixture.addChannel()
        try fixture.manage("PUT", "/api/option/", ["key": "MaxRequestsInFlightPerUser", "value": "1"])
        let client = try RawClient(port: fixture.port)
        let body = chatBody().encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body)
        #expect(try await becomesTrue { !fixture.upstream.calls.isEmpty })
        let refused = try fixture.chat(chatBody())
        #expect(refused.status == 429 && refused.head.lowercased().contains("retry-after: 1"))
        let error = try JSON.parse(Array(refused.body.utf8))["error"]
        #expect(error?["code"] == "too_many_requests_in_flight")
        #expect(error?["message"]?.string?.contains("1 requests under way") == true)
        let chinese = try fixture.chat(chatBody(), headers: ["Accept-Language: zh-CN"])
        #expect(chinese.body.contains("同时进行的请求"))
        gate.open()
        #expect(client.receiveAnswer().status == 200)
        #expect(try fixture.chat(chatBody()).status == 200)
        let invalid = try fixture.manage(
            "PUT", "/api/option/", ["key": "MaxRequestsInFlightPerUser", "value": "-1"])
        #expect(invalid["success"] == false)
        try fixture.manage("PUT", "/api/option/", ["key": "MaxRequestsInFlightPerUser", "value": "0"])
        #expect(fixture.services.options.snapshot.requestsInFlightPerUser == .max)
    }
}
