import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AliStreamTests {
    private static let sse = ["X-DashScope-SSE: enable"]
    private static let pieces = "\"result_format\":\"message\",\"incremental_output\":true"

    @Test("A stream is events of four lines without spaces, and has no terminator")
    func bytes() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("mock-tokens-2", parameters: Self.pieces, headers: Self.sse)
        #expect(reply.status == 200 && reply.isComplete)
        #expect(reply.header("content-type") == "text/event-stream;charset=UTF-8")
        #expect(reply.header("x-dashscope-finished") == "false")
        let id = try #require(reply.results.first?["request_id"]?.string)
        let words = reply.results.compactMap { $0["output"]?["choices"]?.array?.first?["message"]?["content"]?.string }
        let input = try #require(reply.results.first?["usage"]?["input_tokens"]?.int)
        var expected = ""
        for (index, word) in words.enumerated() {
            let count = Int64(min(index + 1, 2))
            let finish = index == 2 ? "stop" : "null"
            expected += """
                id:\(index + 1)
                event:result
                :HTTP_STATUS/200
                data:{"output":{"choices":[{"message":{"content":"\(word)","role":"assistant"},\
                "finish_reason":"\(finish)"}]},"usage":{"total_tokens":\(input + count),"input_tokens":\(input),\
                "output_tokens":\(count)},"request_id":"\(id)"}


                """
        }
        #expect(reply.body == expected)
        #expect(words.count == 3 && words.last == "")
        #expect(mock.server.ledger.total.completionTokens == 2)
        await mock.stop()
    }

    @Test("The Accept header alone starts a stream; without incremental_output it is cumulative, and text stays text")
    func cumulative() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("mock-tokens-3", parameters: "", headers: ["Accept: text/event-stream"])
        let texts = reply.results.compactMap { $0["output"]?["text"]?.string }
        #expect(texts.count == 4)
        #expect(zip(texts, texts.dropFirst()).allSatisfy { $1.hasPrefix($0) })
        #expect(
            reply.results.compactMap { $0["output"]?["finish_reason"]?.string } == ["null", "null", "null", "stop"])
        await mock.stop()
    }

    @Test("Arguments come in fragments: first with id and name, then with an empty id only, last with the reason")
    func tools() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen(
            "mock-calls-2", parameters: AliTests.tools + ",\"incremental_output\":true", headers: Self.sse)
        let choices = reply.results.compactMap { $0["output"]?["choices"]?.array?.first }
        #expect(choices.first?.object?.members.map(\.key) == ["message", "index", "finish_reason"])
        #expect(choices.first?["message"]?.object?.members.map(\.key) == ["content", "tool_calls", "role"])
        let calls = choices.compactMap { $0["message"]?["tool_calls"]?.array?.first }
        var arguments = ["", ""]
        var ids = [0, 0]
        for call in calls {
            let index = Int(call["index"]?.int ?? 0)
            let isFirst = call["id"]?.string?.isEmpty == false
            if isFirst { ids[index] += 1 }
            #expect((call["function"]?["name"] != nil) == isFirst)
            arguments[index] += call["function"]?["arguments"]?.string ?? ""
        }
        #expect(ids == [1, 1])
        #expect(arguments == ["{\"city\": \"Oslo\"}", "{\"city\": \"Oslo\"}"])
        #expect(choices.last?["finish_reason"]?.string == "tool_calls")
        #expect(
            reply.results.last?["usage"]?.object?.members.map(\.key) == [
                "total_tokens", "output_tokens", "input_tokens", "prompt_tokens_details",
            ])
        let total = mock.server.ledger.total
        #expect(reply.results.last?["usage"]?["output_tokens"]?.int == Int64(total.completionTokens))
        let whole = try mock.tellQwen("Weather?", parameters: AliTests.tools, headers: Self.sse)
        let last = whole.results.last?["output"]?["choices"]?.array?.first?["message"]?["tool_calls"]?.array?.first
        #expect(last?["function"]?["arguments"]?.string == "{\"city\": \"Oslo\"}")
        await mock.stop()
    }

    @Test("Reasoning comes before the text in pieces of its own, while the multimodal content list is empty")
    func thinking() async throws {
        let mock = try Mock()
        let more = "\"enable_thinking\":true,\"thinking_budget\":4"
        let reply = try mock.tellQwen("mock-tokens-2", model: "qwen3-8b", parameters: more, headers: Self.sse)
        let messages = reply.results.compactMap { $0["output"]?["choices"]?.array?.first?["message"] }
        #expect(messages.count == 7)
        #expect(messages.prefix(4).allSatisfy { $0["content"]?.string == "" && $0["reasoning_content"]?.string != "" })
        #expect(messages.dropFirst(4).allSatisfy { $0["reasoning_content"]?.string == "" })
        #expect(reply.results.last?["usage"]?["output_tokens_details"]?["reasoning_tokens"]?.int == 4)
        let seen = try mock.askQwen(
            "{\"role\":\"user\",\"content\":[{\"text\":\"mock-tokens-1\"}]}", model: "qwen3-vl-plus", parameters: more,
            headers: Self.sse, path: Mock.multimodal)
        let first = seen.results.first?["output"]?["choices"]?.array?.first?["message"]
        #expect(first?["content"]?.array?.isEmpty == true)
        await mock.stop()
    }

    @Test("Several choices interleave, usage grows, and the last event has the total")
    func several() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("Hi", parameters: Self.pieces + ",\"n\":2", headers: Self.sse)
        let counts = reply.results.compactMap { $0["usage"]?["output_tokens"]?.int }
        #expect(counts == counts.sorted())
        #expect(counts.last == Int64(mock.server.ledger.total.completionTokens))
        let choices = reply.results.compactMap { $0["output"]?["choices"]?.array?.first }
        #expect(choices.count { $0["finish_reason"]?.string == "stop" } == 2)
        await mock.stop()
    }

    @Test("A search's first event has its sources and no usage")
    func search() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen(
            "Hi", parameters: Self.pieces + ",\"enable_search\":true,\"search_options\":{\"enable_source\":true}",
            headers: Self.sse)
        #expect(reply.results.first?["output"]?["search_info"] != nil)
        #expect(reply.results.first?["usage"] == [:])
        #expect(reply.results.last?["usage"]?["plugins"]?["search"]?["strategy"]?.string == "standard")
        await mock.stop()
    }

    @Test("An error in a stream is one event with status 200, but an unknown key is a plain 401")
    func errors() async throws {
        let mock = try Mock()
        let reply = try mock.askQwen("", headers: Self.sse)
        #expect(reply.status == 200)
        #expect(reply.header("content-type") == "text/event-stream;charset=UTF-8")
        let id = try #require(reply.header("x-request-id"))
        #expect(
            reply.body == """
                id:1
                event:error
                :HTTP_STATUS/400
                data:{"code":"InvalidParameter","message":"Role must be user or assistant and Content length must be \
                greater than 0","request_id":"\(id)"}


                """)
        let throttled = try mock.tellQwen("Hi", model: "mock-error-429", headers: Self.sse)
        #expect(throttled.status == 200 && throttled.body.contains(":HTTP_STATUS/429\n"))
        let denied = try mock.ali("POST", Mock.generation, "{}", key: "sk-mock-bad", headers: Self.sse)
        #expect(denied.status == 401)
        #expect(denied.header("content-type") == "application/json")
        await mock.stop()
    }

    @Test("A filtered stream ends with the filter's error after half of the text, and is not charged")
    func filter() async throws {
        let mock = try Mock()
        let reply = try mock.tellQwen("mock-tokens-6 mock-filter", parameters: Self.pieces, headers: Self.sse)
        #expect(reply.results.count == 4)
        #expect(reply.results.last?["code"]?.string == "DataInspectionFailed")
        #expect(reply.body.contains("id:4\nevent:error\n:HTTP_STATUS/400\n"))
        #expect(mock.server.ledger.total.answers == 0)
        #expect(try mock.tellQwen("mock-tokens-6 mock-filter").code == "DataInspectionFailed")
        await mock.stop()
    }

    @Test("Faults: an error between events, a cut, other framings, wrong and missing usage")
    func faults() async throws {
        let mock = try Mock()
        func ask(_ model: String) throws -> Mock.Reply {
            try mock.tellQwen("mock-tokens-8", model: model, parameters: Self.pieces, headers: Self.sse)
        }
        let broken = try ask("mock-stream-error-3")
        #expect(broken.results.count == 4 && broken.results.last?["code"]?.string == "InternalError")
        #expect(try !ask("mock-cut-3").isComplete)
        #expect(try ask("mock-crlf").body.contains("\r\n\r\n"))
        #expect(try ask("mock-comments").body.contains(": ping\n\n"))
        #expect(try !ask("mock-usage-missing").body.contains("\"usage\""))
        let wrong = try ask("mock-usage-wrong")
        #expect(wrong.results.last?["usage"]?["output_tokens"]?.int == 80)
        #expect(mock.server.ledger.total(model: "mock-usage-wrong").completionTokens == 8)
        #expect(try ask("mock-empty").body.isEmpty)
        #expect(try ask("mock-html-502").status == 502)
        await mock.stop()
    }
}
