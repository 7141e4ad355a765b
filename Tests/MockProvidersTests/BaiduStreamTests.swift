import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct BaiduStreamTests {
    private static let stream = ",\"stream\":true"

    @Test("A stream has the service's bytes: increments, growing sentence ids, an end that counts and no [DONE]")
    func bytes() async throws {
        let mock = try Mock()
        let reply = try mock.tellERNIE("mock-tokens-2", more: Self.stream)
        #expect(reply.header("content-type") == "text/event-stream")
        let events = reply.payloads
        try #require(events.count == 3)
        let id = try #require(events[0]["id"]?.string)
        let words = events.prefix(2).compactMap { $0["result"]?.string }
        let prompt = Int(events[0]["usage"]?["prompt_tokens"]?.int ?? 0)
        func event(_ number: Int, _ text: String, isEnd: Bool, completion: Int) -> String {
            """
            data: {"id":"\(id)","object":"chat.completion","created":1760000000,"sentence_id":\(number),\
            "is_end":\(isEnd),"is_truncated":false,"result":"\(text)","need_clear_history":false,\
            "finish_reason":"normal","usage":{"prompt_tokens":\(prompt),"completion_tokens":\(completion),\
            "total_tokens":\(prompt + completion)}}\n\n
            """
        }
        #expect(
            reply.body == event(0, words[0], isEnd: false, completion: 0)
                + event(1, words[1], isEnd: false, completion: 0) + event(2, "", isEnd: true, completion: 2))
        #expect(reply.isComplete)
        #expect(mock.server.ledger.total.completionTokens == 2)
        #expect(mock.server.ledger.total.promptTokens == prompt)
        await mock.stop()
    }

    @Test("The pieces add up to the whole answer, and no character is split between them")
    func sum() async throws {
        let mock = try Mock()
        let text = "Vom Meer: 海的声音 and 🦀."
        _ = try mock.control("POST", "/script", "{\"count\":2,\"text\":\"\(text)\"}")
        let whole = try mock.tellERNIE("Hi")
        let streamed = try mock.tellERNIE("Hi", more: Self.stream)
        let joined = streamed.payloads.compactMap { $0["result"]?.string }.joined()
        #expect(whole.result == text && joined == text)
        #expect(streamed.payloads.last?["usage"] == whole.json?["usage"])
        await mock.stop()
    }

    @Test("A function call comes whole in one event")
    func function() async throws {
        let mock = try Mock()
        let functions = """
            ,"functions":[{"name":"get_weather","parameters":{"type":"object","properties":\
            {"city":{"type":"string"}}}}],"stream":true
            """
        let events = try mock.tellERNIE("Weather?", more: functions).payloads
        #expect(events.count == 2)
        #expect(events.first?["function_call"]?["arguments"]?.string == "{\"city\":\"Oslo\"}")
        #expect(events.map { $0["is_end"]?.bool } == [false, true])
        #expect(events.map { $0["finish_reason"]?.string } == ["function_call", "function_call"])
        await mock.stop()
    }

    @Test("Faults: an error as a bare line, a cut, no end, wrong framing, wrong usage, invalid bytes")
    func faults() async throws {
        let mock = try Mock()
        func hear(_ fault: String) throws -> Mock.Reply {
            try mock.tellERNIE("Hi", more: Self.stream, endpoint: "mock-\(fault)")
        }
        let broken = try hear("stream-error-2")
        let line =
            "\n\n{\"error_code\":336100,\"error_msg\":\"the server is busy, try again\",\"id\":\"as-mock000000\"}\n\n"
        #expect(broken.body.hasSuffix(line) && broken.events.count == 2)
        #expect(try !hear("cut-2").isComplete)
        let endless = try hear("no-done")
        #expect(endless.isComplete && !endless.body.contains("\"is_end\":true"))
        #expect(try hear("nospace").body.hasPrefix("data:{"))
        #expect(try hear("comments").body.hasPrefix(": ping\n\n"))
        #expect(try hear("crlf").body.contains("\r\n\r\n"))
        #expect(try !hear("usage-missing").body.contains("\"usage\""))
        #expect(try hear("usage-zero").payloads.last?["usage"]?["total_tokens"]?.int == 0)
        #expect(try hear("invalid-utf8").body.contains("\"result\":\"\u{fffd}"))
        #expect(try mock.tellERNIE("Hi", endpoint: "mock-invalid-utf8").body.contains("\"result\":\"\u{fffd}"))
        #expect(try mock.tellERNIE("Hi", endpoint: "mock-html-502").status == 502)
        #expect(try mock.tellERNIE("Hi", endpoint: "mock-empty").body.isEmpty)
        #expect(try mock.tellERNIE("Hi", endpoint: "mock-reset").status == 0)
        let wrong = try mock.tellERNIE("Hi", endpoint: "mock-usage-wrong")
        let truth = mock.server.ledger.total(model: "mock-usage-wrong").completionTokens
        #expect(wrong.json?["usage"]?["completion_tokens"]?.int == Int64(truth * 10))
        await mock.stop()
    }

    @Test("A fault in the API key affects the model's calls, and not the exchange of the key for a token")
    func faultsByKey() async throws {
        let mock = try Mock()
        let path = "oauth/2.0/token?grant_type=client_credentials&client_id=mock-error-18&client_secret=sk"
        let token = try #require(try mock.baidu("POST", path).json?["access_token"]?.string)
        let turn = "{\"role\":\"user\",\"content\":\"Hi\"}"
        #expect(try mock.ernie(turn, token: token).errorCode == 18)
        await mock.stop()
    }
}
