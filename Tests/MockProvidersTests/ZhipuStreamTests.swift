import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ZhipuStreamTests {
    private let stream = ",\"stream\":true"

    @Test("A stream has the service's bytes: role in each delta, usage beside the finish, then [DONE]")
    func bytes() async throws {
        let mock = try Mock()
        _ = try mock.control("POST", "/script", "{\"chunks\":[\"Se\",\"ven.\"],\"usage\":{\"reasoning_tokens\":1}}")
        let reply = try mock.glmSay("Hi", more: stream)
        #expect(reply.header("content-type") == "text/event-stream;charset=UTF-8")
        let id = try #require(reply.payloads.first?["id"]?.string)
        let thought = try #require(reply.payloads.first?["choices"]?[0]?["delta"]?["reasoning_content"]?.string)
        let usage = try #require(reply.payloads.last?["usage"])
        let head = """
            data: {"id":"\(id)","created":1760000000,"object":"chat.completion.chunk","model":"glm-4.7",\
            "choices":[{"index":0,
            """
        func delta(_ field: String, _ text: String) -> String {
            head + "\"delta\":{\"role\":\"assistant\",\"\(field)\":\"\(text)\"}}]}\n\n"
        }
        #expect(
            reply.body == delta("reasoning_content", thought) + delta("content", "Se") + delta("content", "ven.")
                + delta("content", "") + head
                + "\"finish_reason\":\"stop\",\"delta\":{\"role\":\"assistant\",\"content\":\"\"}}],\"usage\":"
                + String(decoding: usage.encoded(), as: UTF8.self) + "}\n\ndata: [DONE]\n\n")
        #expect(usage["completion_tokens"]?.int == Int64(mock.server.ledger.total.completionTokens))
        await mock.stop()
    }

    @Test("Calls come whole, one for each event; with `tool_stream`, models that support it send them in pieces")
    func calls() async throws {
        let mock = try Mock()
        let tools = """
            ,"tools":[{"type":"function","function":{"name":"weather","parameters":{"type":"object",\
            "properties":{"city":{"type":"string"}}}}}]
            """
        func deltas(_ model: String, _ more: String) throws -> [JSON] {
            let reply = try mock.glmSay("mock-calls-2", model: model, more: tools + stream + more)
            return reply.payloads.compactMap { $0["choices"]?[0]?["delta"] }.filter { $0["tool_calls"] != nil }
        }
        for (model, more) in [("glm-4.7", ""), ("glm-4.5", ",\"tool_stream\":true")] {
            let whole = try deltas(model, more)
            #expect(whole.count == 2)
            #expect(whole.map { $0["tool_calls"]?[0]?["index"]?.int } == [0, 1])
            #expect(whole.allSatisfy { $0["role"] == nil })
            #expect(whole.first?["tool_calls"]?[0]?["function"]?["arguments"] == "{\"city\":\"Oslo\"}")
        }
        let pieces = try deltas("glm-4.7", ",\"tool_stream\":true")
        #expect(pieces.count > 4)
        let first = pieces.compactMap { $0["tool_calls"]?[0] }.filter { $0["index"]?.int == 0 }
        let text = first.compactMap { $0["function"]?["arguments"]?.string }.joined()
        #expect(text == "{\"city\":\"Oslo\"}")
        await mock.stop()
    }

    @Test("Older models leave out `object`, and a filtered stream ends with `sensitive`")
    func old() async throws {
        let mock = try Mock()
        let reply = try mock.glmSay("mock-filter", model: "glm-4", more: stream)
        #expect(reply.payloads.allSatisfy { $0["object"] == nil })
        let last = try #require(reply.payloads.last)
        #expect(last["choices"]?[0]?["finish_reason"] == "sensitive")
        #expect(last["content_filter"]?[0]?["level"]?.int == 1)
        #expect(reply.payloads.dropLast().allSatisfy { $0["choices"]?[0]?["finish_reason"] == nil })
        await mock.stop()
    }

    @Test("Faults: the service's error event, a cut, no end, other framings, wrong usage")
    func faults() async throws {
        let mock = try Mock()
        let broken = try mock.glmSay("hi", model: "mock-stream-error-2", more: stream)
        #expect(broken.events.count == 3)
        #expect(broken.payloads.last?["error"]?["code"]?.string == "1234")
        #expect(try !mock.glmSay("hi", model: "mock-cut-2", more: stream).isComplete)
        #expect(mock.server.ledger.total.answers == 0)
        let endless = try mock.glmSay("hi", model: "mock-no-done", more: stream)
        #expect(endless.isComplete)
        #expect(!endless.body.contains("[DONE]"))
        #expect(try mock.glmSay("hi", model: "mock-nospace", more: stream).body.hasPrefix("data:{"))
        #expect(try mock.glmSay("hi", model: "mock-crlf", more: stream).body.hasSuffix("\r\n\r\n"))
        let without = try mock.glmSay("hi", model: "mock-usage-missing", more: stream)
        #expect(!without.body.contains("\"usage\":"))
        let wrong = try mock.glmSay("hi", model: "mock-usage-wrong")
        let truth = mock.server.ledger.total(model: "mock-usage-wrong").completionTokens
        #expect(wrong.usage?["completion_tokens"]?.int == Int64(truth * 10))
        await mock.stop()
    }
}
