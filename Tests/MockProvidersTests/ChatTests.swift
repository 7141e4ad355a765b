import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct MockChatTests {
    @Test("A whole answer has the service's bytes: keys in order, two spaces, a newline")
    func wholeLayout() async throws {
        let mock = try Mock()
        let reply = try mock.ask("Say hi")
        #expect(reply.status == 200)
        #expect(reply.body.hasPrefix("{\n  \"id\": \"chatcmpl-"))
        #expect(reply.body.hasSuffix("\n}\n"))
        #expect(
            reply.json?.object?.members.map(\.key) == [
                "id", "object", "created", "model", "choices", "usage", "service_tier", "system_fingerprint",
            ])
        #expect(reply.json?["id"]?.string?.utf8.count == 9 + 29)
        #expect(reply.json?["model"]?.string == "gpt-4o-mini-2024-07-18")
        #expect(reply.header("x-request-id")?.hasPrefix("req_") == true)
        #expect(reply.header("openai-version") == "2020-10-01")
        #expect(reply.header("x-ratelimit-reset-requests") == "6ms")
        await mock.stop()
    }

    @Test("With a seed the same request gets the same bytes; without one it gets another id and the same text")
    func determinism() async throws {
        let fixed = try Mock(seed: 1)
        let same = try (fixed.ask("Hello"), fixed.ask("Hello"))
        #expect(same.0.body == same.1.body)
        await fixed.stop()
        let free = try Mock(seed: nil)
        let other = try (free.ask("Hello"), free.ask("Hello"))
        #expect(other.0.json?["id"] != other.1.json?["id"])
        #expect(other.0.json?["choices"] == other.1.json?["choices"])
        await free.stop()
    }

    @Test("A stream has the documented chunks, and its pieces add up to the whole answer")
    func stream() async throws {
        let mock = try Mock()
        let more = ",\"stream\":true,\"stream_options\":{\"include_usage\":true}"
        let reply = try mock.ask("mock-tokens-5", more: more)
        #expect(reply.header("content-type") == "text/event-stream; charset=utf-8")
        let events = reply.events
        // The role, five words, the finish reason, the usage and the end.
        #expect(events.count == 9)
        #expect(events.last == "[DONE]")
        let first = try #require(events.first.map { try JSON.parse(Array($0.utf8)) })
        #expect(
            first.object?.members.map(\.key) == [
                "id", "object", "created", "model", "service_tier", "system_fingerprint", "choices", "usage",
                "obfuscation",
            ])
        let opening: JSON = ["role": "assistant", "content": "", "refusal": .null]
        #expect(first["choices"]?[0]?["delta"] == opening)
        let pieces = try events.dropLast().map { try JSON.parse(Array($0.utf8)) }
        let text = pieces.compactMap { $0["choices"]?[0]?["delta"]?["content"]?.string }.joined()
        let words = text.split(separator: " ").count
        #expect(words == 5)
        #expect(pieces.last?["choices"] == [])
        #expect(pieces.last?["usage"]?["completion_tokens"]?.int == 5)
        await mock.stop()
    }

    @Test("A search model has a UUID, no tier and an empty fingerprint, and names a page, after the text in a stream")
    func search() async throws {
        let mock = try Mock()
        let (model, options) = ("gpt-4o-search-preview", ",\"web_search_options\":{}")
        let whole = try #require(mock.ask("Oslo", model: model, more: options).json)
        #expect(whole["id"]?.string?.utf8.count == 9 + 36)
        #expect(whole.object?.members.map(\.key).suffix(2) == ["usage", "system_fingerprint"])
        #expect(whole["system_fingerprint"] == "")
        let message = whole["choices"]?[0]?["message"]
        let page = try #require(message?["annotations"]?[0]?["url_citation"])
        #expect(page.object?.members.map(\.key) == ["start_index", "end_index", "title", "url"])
        #expect(page["end_index"]?.int == message?["content"]?.string.map { Int64($0.unicodeScalars.count) })
        let events = try mock.ask("Oslo", model: model, more: options + ",\"stream\":true").events
        let last = try JSON.parse(Array(try #require(events.dropLast(2).last).utf8))
        #expect(last["choices"]?[0]?["delta"]?["annotations"]?[0]?["url_citation"]?["url"] == page["url"])
        #expect(last["service_tier"] == nil)
        #expect(try mock.ask("Oslo", model: "gpt-4o").json?["choices"]?[0]?["message"]?["annotations"] == [])
        #expect(try mock.send("POST", "/azure/openai/v1/chat/completions", "{\"model\":\"\(model)\"}").status == 404)
        await mock.stop()
    }

    @Test("Usage and obfuscation are absent when they were not asked for")
    func plainStream() async throws {
        let mock = try Mock()
        let more = ",\"stream\":true,\"stream_options\":{\"include_obfuscation\":false}"
        let reply = try mock.ask("hi", more: more)
        #expect(!reply.body.contains("usage"))
        #expect(!reply.body.contains("obfuscation"))
        await mock.stop()
    }

    @Test("An answer of N tokens has N tokens according to the tokenizer", arguments: ["gpt-4o", "gpt-4", "mock-x"])
    func tokenCounts(model: String) async throws {
        let mock = try Mock()
        let reply = try mock.ask("mock-tokens-200", model: model)
        let text = reply.json?["choices"]?[0]?["message"]?["content"]?.string ?? ""
        #expect(text.split(separator: " ").count == 200)
        #expect(reply.json?["usage"]?["completion_tokens"]?.int == 200)
        await mock.stop()
    }

    @Test("A forced function ends with stop, a required one with tool_calls")
    func toolChoice() async throws {
        let mock = try Mock()
        let tools =
            ",\"tools\":[{\"type\":\"function\",\"function\":{\"name\":\"f\",\"parameters\":{\"type\":\"object\","
            + "\"properties\":{\"city\":{\"type\":\"string\"}}}}}]"
        let forced = try mock.ask(
            "hi", more: tools + ",\"tool_choice\":{\"type\":\"function\",\"function\":{\"name\":\"f\"}}")
        #expect(forced.json?["choices"]?[0]?["finish_reason"]?.string == "stop")
        let required = try mock.ask("hi", more: tools + ",\"tool_choice\":\"required\"")
        let choice = required.json?["choices"]?[0]
        #expect(choice?["finish_reason"]?.string == "tool_calls")
        #expect(choice?["message"]?["content"]?.isNull == true)
        let call = choice?["message"]?["tool_calls"]?[0]
        #expect(call?["id"]?.string?.utf8.count == 5 + 24)
        #expect(call?["function"]?["arguments"]?.string == "{\"city\":\"Oslo\"}")
        await mock.stop()
    }

    @Test("A long prompt is served from the cache the second time, in steps of 128")
    func cache() async throws {
        let mock = try Mock()
        let text = String(repeating: "word ", count: 1500)
        let counts = try (0..<2).map { _ in
            try mock.ask(text).json?["usage"]?["prompt_tokens_details"]?["cached_tokens"]?.int ?? -1
        }
        #expect(counts[0] == 0)
        #expect(counts[1] >= 1024 && counts[1] % 128 == 0)
        await mock.stop()
    }

    @Test("Script, ledger and journal agree")
    func script() async throws {
        let mock = try Mock()
        var script = Script()
        script.text = "Scripted."
        script.promptTokens = 11
        script.completionTokens = 22
        mock.server.add(script, match: Match(model: "gpt-4o"))
        _ = try mock.ask("not this one")
        let reply = try mock.ask("this one", model: "gpt-4o")
        #expect(reply.json?["choices"]?[0]?["message"]?["content"]?.string == "Scripted.")
        #expect(mock.server.ledger.total(model: "gpt-4o").promptTokens == 11)
        #expect(mock.server.ledger.total(key: "sk-test").answers == 2)
        #expect(mock.server.ledger.entries.last?.completionTokens == 22)
        #expect(mock.server.journal.entries.map(\.model) == ["gpt-4o-mini", "gpt-4o"])
        let journal = try mock.control("GET", "/journal?model=gpt-4o")
        #expect(journal?["count"]?.int == 1)
        #expect(journal?["requests"]?[0]?["body"]?.string?.contains("this one") == true)
        #expect(try mock.control("POST", "/reset")?["ok"]?.bool == true)
        #expect(mock.server.journal.entries.isEmpty)
        #expect(mock.server.ledger.total.answers == 0)
        await mock.stop()
    }
}
