import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AzureStreamTests {
    private static let usage = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"

    @Test("A stream has the service's bytes: the filter's chunk, the role, the pieces, the finish, the usage")
    func bytes() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("mock-tokens-2", more: Self.usage)
        #expect(reply.header("content-type") == "text/event-stream; charset=utf-8")
        let payloads = reply.payloads
        let named = try #require(payloads.dropFirst().first)
        let id = try #require(named["id"]?.string)
        let print = try #require(named["system_fingerprint"]?.string)
        let words = payloads.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }.filter { !$0.isEmpty }
        #expect(words.count == 2)
        let input = try #require(payloads.last?["usage"]?["prompt_tokens"]?.int)
        let tail = """
            "created":1760000000,"id":"\(id)","model":"gpt-4o-2024-11-20","object":"chat.completion.chunk",\
            "system_fingerprint":"\(print)","usage":
            """
        func choice(_ results: String, _ delta: String, _ finish: String = "null") -> String {
            """
            data: {"choices":[{"content_filter_results":{\(results)},"delta":{\(delta)},"finish_reason":\(finish),\
            "index":0,"logprobs":null}],\(tail)null}


            """
        }
        let opening = """
            data: {"choices":[],"created":0,"id":"","model":"","object":"","prompt_filter_results":\
            \(AzureTests.promptResults)}


            """
        let pieces = words.map { choice(AzureTests.severities, "\"content\":\"\($0)\"") }.joined()
        let counts = """
            data: {"choices":[],\(tail){"completion_tokens":2,"completion_tokens_details":{\
            "accepted_prediction_tokens":0,"audio_tokens":0,"reasoning_tokens":0,"rejected_prediction_tokens":0},\
            "prompt_tokens":\(input),"prompt_tokens_details":{"audio_tokens":0,"cached_tokens":0},\
            "total_tokens":\(input + 2)}}


            """
        #expect(
            reply.body == opening + choice("", "\"content\":\"\",\"refusal\":null,\"role\":\"assistant\"") + pieces
                + choice("", "", "\"stop\"") + counts + "data: [DONE]\n\n")
        #expect(mock.server.ledger.total.promptTokens == Int(input))
        await mock.stop()
    }

    @Test("The pieces of each choice add up to its text")
    func sum() async throws {
        let mock = try Mock()
        var script = Script()
        script.text = "Oslo is cold, and \"so\" is Tromsø."
        mock.server.add(script, match: Match(model: "gpt-4o"))
        let payloads = try mock.tellAzure("Hi", more: ",\"n\":2,\"stream\":true").payloads
        for index in [Int64(0), 1] {
            let choices = payloads.compactMap { $0["choices"]?[0] }.filter { $0["index"]?.int == index }
            #expect(choices.compactMap { $0["delta"]?["content"]?.string }.joined() == script.text)
        }
        await mock.stop()
    }

    @Test("Usage only when asked for, and obfuscation only in recent versions")
    func optional() async throws {
        let mock = try Mock()
        let plain = try mock.tellAzure("Hi", more: ",\"stream\":true")
        #expect(!plain.body.contains("usage") && !plain.body.contains("obfuscation"))
        #expect(
            try mock.tellAzure("Hi", version: "2025-04-01-preview", more: ",\"stream\":true").body.contains(
                "obfuscation"))
        #expect(try mock.tellV1("Hi", more: ",\"stream\":true").body.contains("obfuscation"))
        await mock.stop()
    }

    @Test("Tool calls stream with empty filter results, and are joined by index")
    func tools() async throws {
        let mock = try Mock()
        let tools =
            ",\"stream\":true,\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":"
            + "{\"type\":\"object\",\"properties\":{\"city\":{\"type\":\"string\"}}}}}]"
        let reply = try mock.tellAzure("Call f", more: tools)
        let choices = reply.payloads.compactMap { $0["choices"]?[0] }
        #expect(choices.allSatisfy { $0["content_filter_results"] == [:] })
        #expect(choices.first?["delta"]?.object?.members.map(\.key) == ["content", "refusal", "role", "tool_calls"])
        let calls = choices.compactMap { $0["delta"]?["tool_calls"]?[0] }
        #expect(calls.first?.object?.members.map(\.key) == ["function", "id", "index", "type"])
        #expect(calls.compactMap { $0["function"]?["arguments"]?.string }.joined() == "{\"city\":\"Oslo\"}")
        #expect(choices.last?["finish_reason"]?.string == "tool_calls")
        await mock.stop()
    }

    @Test("The asynchronous filter reports in chunks of its own, without a delta and without an id")
    func asynchronous() async throws {
        let mock = try Mock()
        let payloads = try mock.tellAzure("mock-tokens-20", deployment: "mock-async-filter", more: Self.usage).payloads
        let judged = payloads.filter { $0["choices"]?[0]?["content_filter_offsets"] != nil }
        #expect(judged.count == 3)
        #expect(judged.allSatisfy { $0["id"]?.string == "" && $0["choices"]?[0]?["delta"] == nil })
        let spoken = payloads.filter { $0["choices"]?[0]?["delta"] != nil }
        #expect(spoken.allSatisfy { $0["choices"]?[0]?["content_filter_results"] == nil })
        let offsets = judged.compactMap { $0["choices"]?[0]?["content_filter_offsets"] }
        let text = spoken.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }.joined()
        #expect(offsets.first?["start_offset"]?.int == 0)
        #expect(offsets.last?["end_offset"]?.int == Int64(text.unicodeScalars.count))
        for (one, next) in zip(offsets, offsets.dropFirst()) { #expect(one["end_offset"] == next["start_offset"]) }
        let first = try #require(judged.first?["choices"]?[0]?.object)
        #expect(
            first.members.map(\.key) == [
                "index", "finish_reason", "content_filter_results", "content_filter_raw", "content_filter_offsets",
            ])
        await mock.stop()
    }

    @Test("A filtered stream ends with content_filter, an empty delta and the category, then [DONE]")
    func filtered() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("mock-filter", more: ",\"stream\":true")
        let last = reply.payloads.last?["choices"]?[0]
        #expect(last?["finish_reason"]?.string == "content_filter")
        #expect(last?["delta"] == [:])
        #expect(last?["content_filter_results"]?["violence"]?["filtered"]?.bool == true)
        #expect(reply.events.last == "[DONE]")
        let late = try mock.tellAzure("mock-filter", deployment: "mock-async-filter", more: ",\"stream\":true").payloads
        #expect(late.last?["choices"]?[0]?["content_filter_results"]?["violence"]?["filtered"]?.bool == true)
        await mock.stop()
    }

    @Test("Without a filter, a stream begins with the role")
    func unfiltered() async throws {
        let mock = try Mock()
        let reply = try mock.tellAzure("Hi", deployment: "mock-no-filter", more: ",\"stream\":true")
        #expect(reply.payloads.first?["choices"]?[0]?["delta"]?["role"]?.string == "assistant")
        #expect(!reply.body.contains("filter_results"))
        await mock.stop()
    }

    @Test("Faults break a stream as for other providers")
    func faults() async throws {
        let mock = try Mock()
        let stream = ",\"stream\":true"
        let cut = try mock.tellAzure("mock-tokens-9", deployment: "mock-cut-3", more: stream)
        #expect(!cut.isComplete)
        #expect(cut.events.count == 3)
        #expect(mock.server.ledger.total.answers == 0)
        let broken = try mock.tellAzure("Hi", deployment: "mock-stream-error-2", more: stream)
        #expect(broken.events.last?.hasPrefix("{\"error\":{\"message\":\"The server had an error") == true)
        #expect(try mock.tellAzure("Hi", deployment: "mock-no-done", more: stream).events.last != "[DONE]")
        #expect(try mock.tellAzure("Hi", deployment: "mock-crlf", more: stream).body.contains("\r\n\r\n"))
        let empty = try mock.tellAzure("Hi", deployment: "mock-empty")
        #expect(empty.status == 200 && empty.body.isEmpty)
        let page = try mock.tellAzure("Hi", deployment: "mock-html-524")
        #expect(page.status == 524 && page.body.hasPrefix("<!DOCTYPE html>"))
        for (name, factor) in [("missing", nil), ("zero", 0), ("wrong", 10)] as [(String, Int64?)] {
            let reply = try mock.tellAzure("mock-tokens-4", deployment: "mock-usage-\(name)")
            #expect(reply.json?["usage"]?["completion_tokens"]?.int == factor.map { $0 * 4 })
            #expect(mock.server.ledger.entries.last?.completionTokens == 4)
        }
        await mock.stop()
    }
}
