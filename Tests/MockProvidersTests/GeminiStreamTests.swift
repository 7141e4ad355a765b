import JSON
import MockKit
import TestTraits
import Testing

extension Mock {
    fileprivate func stream(
        _ text: String, model: String = "gemini-2.5-flash", more: String = "", alt: String = "?alt=sse"
    ) throws -> Reply {
        try generate(text, model: model, more: more, verb: "streamGenerateContent\(alt)")
    }
}

extension Mock.Reply {
    /// The JSON of each `data:` line.
    fileprivate var chunks: [JSON] {
        body.split(separator: "\r\n").compactMap { try? JSON.parse(Array($0.dropFirst(6).utf8)) }
    }

    fileprivate func text(of chunk: JSON) -> String {
        chunk["candidates"]?[0]?["content"]?["parts"]?[0]?["text"]?.string ?? ""
    }
}

@Suite(.inTurn) struct GeminiStreamTests {
    private static let rest: String = ",\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}"

    @Test("SSE has one line for each chunk, CR LF twice, a space only after colons, and no end mark")
    func bytes() async throws {
        let mock = try Mock()
        _ = try mock.control("POST", "/script", "{\"chunks\":[\"One\",\" two\"]}")
        let reply = try mock.stream("Hi", more: Self.rest)
        #expect(reply.header("content-type") == "text/event-stream")
        #expect(reply.header("content-disposition") == "attachment")
        #expect(reply.header("transfer-encoding") == "chunked")
        let id = try #require(reply.chunks.first?["responseId"]?.string)
        func line(_ text: String, _ finish: String, _ tokens: Int) -> String {
            "data: {\"candidates\": [{\"content\": {\"parts\": [{\"text\": \"\(text)\"}],\"role\": \"model\"},\(finish)"
                + "\"index\": 0}],\"usageMetadata\": {\"promptTokenCount\": 1,\"candidatesTokenCount\": \(tokens),"
                + "\"totalTokenCount\": \(tokens + 1),\"promptTokensDetails\": [{\"modality\": \"TEXT\","
                + "\"tokenCount\": 1}],\"serviceTier\": \"standard\"},\"modelVersion\": \"gemini-2.5-flash\","
                + "\"responseId\": \"\(id)\"}\r\n\r\n"
        }
        // Compared as bytes, since not every byte is a character of its own.
        #expect(
            Array(reply.body.utf8) == Array((line("One", "", 1) + line(" two", "\"finishReason\": \"STOP\",", 2)).utf8))
        await mock.stop()
    }

    @Test("Counts grow, the last one agrees with the ledger, and the pieces add up")
    func counts() async throws {
        let mock = try Mock()
        let reply = try mock.stream("mock-tokens-5")
        #expect(reply.chunks.count == 5)
        let counts = reply.chunks.map { $0["usageMetadata"]?["candidatesTokenCount"]?.int }
        #expect(counts == [1, 2, 3, 4, 5])
        #expect(reply.chunks.allSatisfy { $0["usageMetadata"]?["thoughtsTokenCount"]?.int == 32 })
        #expect(mock.server.ledger.total.completionTokens == 37)
        #expect(
            try reply.chunks.map { reply.text(of: $0) }.joined() == mock.generate("mock-tokens-5").said)
        await mock.stop()
    }

    @Test("Each generation of models has its own end and its own counts")
    func generations() async throws {
        let mock = try Mock()
        let newest = try mock.stream("mock-tokens-3", model: "gemini-3-flash-preview")
        #expect(newest.chunks.count == 4)
        let part = newest.chunks.last?["candidates"]?[0]?["content"]?["parts"]?[0]
        #expect(part?["text"] == "")
        #expect(part?["thoughtSignature"] != nil)
        let old = try mock.stream("mock-tokens-3", model: "gemini-2.0-flash")
        let early = try #require(old.chunks.first?["usageMetadata"])
        let late = try #require(old.chunks.last?["usageMetadata"])
        #expect(early["candidatesTokenCount"] == nil)
        #expect(early["promptTokenCount"]?.int == 7)
        #expect(late["promptTokenCount"]?.int == 5)
        await mock.stop()
    }

    @Test("Calls are not split, and each has a chunk of its own")
    func calls() async throws {
        let mock = try Mock()
        let reply = try mock.stream("get_weather and get_time", more: GeminiToolTests.tools)
        #expect(reply.chunks.count == 2)
        #expect(reply.body.contains("{\"functionCall\": {\"name\": \"get_weather\",\"args\": {\"city\": \"Oslo\"}}"))
        #expect(reply.chunks.map { $0["candidates"]?[0]?["finishReason"]?.string } == [nil, "STOP"])
        await mock.stop()
    }

    @Test("Without alt a stream is one indented array, and nothing follows its end")
    func list() async throws {
        let mock = try Mock()
        let reply = try mock.stream("mock-tokens-3", alt: "")
        #expect(reply.header("content-type") == "application/json; charset=UTF-8")
        #expect(reply.body.hasPrefix("[{\n  \"candidates\": [\n"))
        #expect(reply.body.contains("\n}\n,\r\n{\n  \"candidates\""))
        #expect(reply.body.hasSuffix("\n}\n]"))
        #expect(reply.json?.array?.count == 3)
        let refused = try mock.stream("Hi", model: "gemini-nope", alt: "?alt=json")
        #expect(refused.status == 404)
        #expect(refused.body.hasPrefix("[{\n  \"error\": {\n    \"code\": 404,\n"))
        #expect(try mock.stream("Hi", model: "gemini-nope").error?["code"]?.int == 404)
        await mock.stop()
    }

    @Test("A stopped stream ends with the members that its reason calls for")
    func stopped() async throws {
        let mock = try Mock()
        let reply = try mock.stream("mock-filter")
        #expect(reply.chunks.last?["candidates"]?[0]?["content"] == [:])
        #expect(reply.chunks.last?["candidates"]?[0]?["finishReason"] == "SAFETY")
        #expect(reply.chunks.count > 1)
        let blocked = try mock.stream("mock-block")
        #expect(blocked.chunks.count == 1)
        #expect(blocked.chunks.first?["promptFeedback"] != nil)
        await mock.stop()
    }

    @Test("A failure is an SSE event, or an element of the list")
    func breakdown() async throws {
        let mock = try Mock()
        let events = try mock.stream("mock-tokens-9", model: "mock-stream-error-3")
        #expect(events.isComplete)
        #expect(events.chunks.count == 4)
        #expect(events.chunks.last?["error"]?["status"] == "UNAVAILABLE")
        let list = try mock.stream("mock-tokens-9", model: "mock-stream-error-3", alt: "")
        #expect(list.json?.array?.count == 4)
        #expect(list.json?[3]?["error"]?["code"]?.int == 503)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }

    @Test("Faults: a cut, other framings, invalid bytes, wrong counts")
    func faults() async throws {
        let mock = try Mock()
        #expect(try !mock.stream("mock-tokens-9", model: "mock-cut-3").isComplete)
        #expect(try mock.stream("Hi", model: "mock-nospace").body.hasPrefix("data:{"))
        #expect(try mock.stream("Hi", model: "mock-comments").body.hasPrefix(": ping\n\ndata: {"))
        #expect(try !mock.stream("Hi", model: "mock-crlf").body.contains("\r\r"))
        #expect(try mock.stream("Hi", model: "mock-invalid-utf8").body.contains("\u{fffd}"))
        #expect(try mock.stream("Hi", model: "mock-usage-missing").chunks.allSatisfy { $0["usageMetadata"] == nil })
        let wrong = try mock.generate("Hi", model: "mock-usage-wrong")
        #expect(wrong.counts?["promptTokenCount"]?.int == 10)
        #expect(try mock.generate("Hi", model: "mock-usage-zero").counts?["totalTokenCount"]?.int == 0)
        await mock.stop()
    }
}
