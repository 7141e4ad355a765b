import Database
import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct PressureTests {
    @Test("refuses with 503 before asking the upstream when the disk is full, loses nothing, and recovers")
    func fullDisk() async throws {
        let fixture = try await GatewayFixture(maxPages: 80)
        try fixture.addChannel()
        var served: Int64 = 0
        var refused = false
        for _ in 0..<3000 where !refused {
            let answer = try fixture.chat(chatBody())
            switch answer.status {
            case 200: served += 1
            case 503:
                refused = true
                #expect(answer.body.contains("storage_unavailable"))
                #expect(answer.head.contains("Retry-After"))
            default: Issue.record("unexpected status \(answer.status)")
            }
        }
        #expect(refused)
        #expect(Int64(fixture.upstream.calls.count) == served)
        #expect(fixture.services.ledger.balance(ofUser: 1) == 500_000_000_000_000 - served * 75)
        try await fixture.database.write { try $0.execute("PRAGMA max_page_count=1000000") }
        #expect(try await becomesTrue { try fixture.chat(chatBody()).status == 200 })
        #expect(await fixture.services.ledger.flush())
        #expect(try await fixture.database.read { try $0.logQuota(LogFilter()) } == (served + 1) * 75)
        #expect(try fixture.rootQuota() == 500_000_000_000_000 - (served + 1) * 75)
    }

    @Test("slows the upstream down for a slow client instead of filling memory")
    func backPressure() async throws {
        let chunk =
            #"{"id":"c","choices":[{"index":0,"delta":{"content":""# + String(repeating: "x ", count: 100_000)
            + #""},"finish_reason":null}]}"#
        let fixture = try await GatewayFixture { _ in
            .stream(
                Array(repeating: chunk, count: 200) + [
                    // Reports a usage, or the gateway would count forty megabytes.
                    #"{"choices":[{"index":0,"delta":{},"finish_reason":"stop"}],"usage":{"prompt_tokens":9,"completion_tokens":9}}"#,
                    "[DONE]",
                ], isCut: false)
        }
        try fixture.addChannel()
        let client = try RawClient(port: fixture.port)
        let body = chatBody(["stream": true]).encoded()
        client.send(
            Array(
                ("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n\r\n").utf8) + body)
        _ = client.receive(until: "data: ")
        // Forty megabytes are waiting. The gateway must stop reading once its buffers are full.
        var seen = -1
        while fixture.upstream.eventsSent != seen {
            seen = fixture.upstream.eventsSent
            for _ in 0..<200 { await Task.yield() }
            try await Task.sleep(for: .milliseconds(100))
        }
        #expect(seen < 150)
        // Checks only the end, since a failed expectation would print all forty megabytes.
        let end = String(client.receiveAll().suffix(40))
        #expect(end.contains("data: [DONE]\n\n") && end.hasSuffix("0\r\n\r\n"))
        #expect(fixture.upstream.eventsSent == 202)
    }

    @Test("counts a prompt of megabytes on another thread, and charges it if the upstream reports no usage")
    func largePrompt() async throws {
        let fixture = try await GatewayFixture { _ in .chat("ok", usage: .null) }
        try fixture.addChannel()
        let text = String(repeating: "word ", count: 300_000)
        let messages: JSON = [["role": "user", "content": .string(text)]]
        #expect(try fixture.chat(chatBody(["messages": messages])).status == 200)
        let prompt = try #require(try fixture.lastLog()?["prompt_tokens"]?.int)
        #expect((300_000...300_020).contains(prompt))
    }
}
