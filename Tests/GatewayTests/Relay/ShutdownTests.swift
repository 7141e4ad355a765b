import Database
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ShutdownTests {
    @Test("a client that reads nothing does not keep its charge from the database")
    func blockedClient() async throws {
        // Much to send and little to count: more than the buffers between gateway and client hold.
        let event =
            #"{"id":"c","choices":[{"index":0,"delta":{"content":"word "},"finish_reason":null}],"pad":""#
            + String(repeating: "x", count: 200_000) + #""}"#
        var configuration = Configuration()
        configuration.drainTimeout = .milliseconds(100)
        let fixture = try await GatewayFixture(configuration) { _ in
            .stream(Array(repeating: event, count: 200), isCut: false)
        }
        try fixture.addChannel()
        let client = try RawClient(port: fixture.port)
        let body = chatBody(["stream": true]).encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body)
        #expect(await eventually { !client.isSilent(milliseconds: 0) })
        await fixture.gateway.shutDown()
        let (rows, user) = try await fixture.database.read { connection in
            var filter = LogFilter()
            filter.type = 2
            return (try connection.logs(filter, page: 0), try connection.user(id: 1))
        }
        #expect(rows.count == 1 && (rows.first?.completionTokens ?? 0) > 0)
        #expect(user?.quota == 500_000_000_000_000 - (rows.first?.quota ?? 0))
        #expect(fixture.services.bodyBudget.total == 0)
    }

    @Test("bodies beyond the budget are refused with 429 or 503, in OpenAI's format, with Retry-After")
    func bodyBudget() async throws {
        for (isAddress, status) in [(true, 429), (false, 503)] {
            var configuration = Configuration()
            configuration.bodyLimit = 100_000
            configuration.bodyBudget = BodyBudget.Limits(
                process: isAddress ? 0 : 300_000, address: isAddress ? 300_000 : 0, token: 0)
            let fixture = try await GatewayFixture(configuration)
            try fixture.addChannel()
            let head =
                "POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: sk-roottoken\r\n"
                + "Content-Type: application/json\r\nContent-Length: 90000\r\n\r\n"
            let slow = try (0..<3).map { _ in try RawClient(port: fixture.port) }
            for client in slow { client.send(Array(head.utf8) + [UInt8](repeating: 0x20, count: 80_000)) }
            #expect(await eventually { fixture.services.bodyBudget.total == 270_000 })
            let refused = try RawClient(port: fixture.port)
            refused.send(head)
            let answer = refused.receiveAnswer()
            #expect(answer.status == status && answer.body.contains("too_many_bytes_in_flight"), "\(answer)")
            #expect(answer.head.contains("Retry-After: 2"))
            // An ordinary request is not affected.
            #expect(try fixture.chat(chatBody()).status == 200)
            for client in slow { client.hangUp() }
            #expect(await eventually { fixture.services.bodyBudget.total == 0 })
        }
    }

    @Test("one token's bodies do not use up the budget of others")
    func tokenBudget() async throws {
        var configuration = Configuration()
        configuration.bodyLimit = 100_000
        configuration.bodyBudget = BodyBudget.Limits(process: 0, address: 0, token: 300_000)
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let made = try fixture.manage(
            "POST", "/api/token/", ["name": "other", "unlimited_quota": true, "expired_time": -1])
        let key = try #require(made["data"]?["key"]?.string)
        func begin(_ key: String, sending count: Int = 0) throws -> RawClient {
            let client = try RawClient(port: fixture.port)
            let head =
                "POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nAuthorization: sk-\(key)\r\n"
                + "Content-Type: application/json\r\nContent-Length: 90000\r\nExpect: 100-continue\r\n\r\n"
            client.send(Array(head.utf8) + [UInt8](repeating: 0x20, count: count))
            return client
        }
        let slow = try (0..<3).map { _ in try begin("roottoken", sending: 80_000) }
        #expect(await eventually { fixture.services.bodyBudget.total == 270_000 })
        #expect(try begin("roottoken").receiveAnswer().status == 429)
        #expect(try begin(key).receive(until: "\r\n\r\n").contains("100 Continue"))
        for client in slow { client.hangUp() }
    }
}
