import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ClaudeStreamTests {
    @Test("A stream is events of two lines, padded before the last brace, and adds up to an answer")
    func stream() async throws {
        let mock = try Mock()
        let reply = try mock.say("Tell me about the sea.", more: ",\"stream\":true")
        #expect(reply.header("content-type") == "text/event-stream; charset=utf-8")
        #expect(reply.header("cache-control") == "no-cache")
        let events = reply.body.components(separatedBy: "\n\n")
        #expect(events.last == "")
        var names: [String] = []
        for event in events.dropLast() {
            let lines = event.split(separator: "\n", omittingEmptySubsequences: false)
            #expect(lines.count == 2)
            let name = try #require(lines.first?.dropFirst("event: ".count))
            let data = try #require(lines.last?.dropFirst("data: ".count))
            #expect(event == "event: \(name)\ndata: \(data)")
            names.append(String(name))
            if name == "ping" {
                #expect(data == "{\"type\": \"ping\"}")
            } else {
                #expect(data.hasPrefix("{\"type\":\"\(name)\""))
                #expect(data.hasSuffix("}"))
                let blanks = data.dropLast().reversed().prefix { $0 == " " }
                #expect(blanks.count <= 15)
            }
        }
        let deltas = names.count { $0 == "content_block_delta" }
        #expect(
            names == ["message_start", "content_block_start", "ping"]
                + Array(repeating: "content_block_delta", count: deltas)
                + ["content_block_stop", "message_delta", "message_stop"])
        #expect(reply.deltas("text_delta", "text").joined().contains("Tell me about the sea."))
        await mock.stop()
    }

    @Test("The first and the last events have a usage; the last one is cumulative and shorter")
    func usage() async throws {
        let mock = try Mock()
        let reply = try mock.say("mock-tokens-5", more: ",\"stream\":true")
        let start = try #require(reply.payloads.first?["message"])
        #expect(
            start.object?.members.map(\.key) == [
                "model", "id", "type", "role", "content", "stop_reason", "stop_sequence", "usage",
            ])
        #expect(start["usage"]?["output_tokens"]?.int == 1)
        let delta = try #require(reply.payloads.first { $0["type"]?.string == "message_delta" })
        let end: JSON = ["stop_reason": "end_turn", "stop_sequence": .null]
        #expect(delta["delta"] == end)
        #expect(
            delta["usage"]?.object?.members.map(\.key) == [
                "input_tokens", "cache_creation_input_tokens", "cache_read_input_tokens", "output_tokens",
            ])
        #expect(delta["usage"]?["output_tokens"]?.int == 5)
        #expect(mock.server.ledger.total.completionTokens == 5)
        await mock.stop()
    }

    @Test("Tool input comes in fragments: an empty one first, with blanks after colons and commas")
    func fragments() async throws {
        let mock = try Mock()
        let reply = try mock.say("Weather?", more: ClaudeToolTests.tools + ",\"stream\":true")
        let fragments = reply.deltas("input_json_delta", "partial_json")
        #expect(fragments.first == "")
        #expect(fragments.joined().hasPrefix("{\"city\": \"Oslo\", \"unit\": \""))
        let start = try #require(reply.payloads.first { $0["type"]?.string == "content_block_start" })
        #expect(
            start["content_block"]?.object?.members.map(\.key) == ["type", "id", "name", "input", "caller"])
        #expect(start["content_block"]?["input"] == [:])
        await mock.stop()
    }

    @Test("Thinking comes first, and its signature comes last in its block")
    func thinking() async throws {
        let mock = try Mock()
        let more = ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"stream\":true"
        let turn = "\"messages\":[{\"role\":\"user\",\"content\":\"Add.\"}]"
        let reply = try mock.claude(
            "POST", "v1/messages", "{\"model\":\"claude-sonnet-4-5\",\"max_tokens\":4096,\(turn)\(more)}")
        let first = reply.payloads.filter { $0["index"]?.int == 0 }
        #expect(first.first?["content_block"] == ["type": "thinking", "thinking": "", "signature": ""])
        #expect(first.dropLast().last?["delta"]?["type"]?.string == "signature_delta")
        #expect(reply.deltas("thinking_delta", "thinking").count == 192)
        #expect(reply.deltas("signature_delta", "signature").count == 1)
        let details = reply.payloads.compactMap { $0["usage"]?["output_tokens_details"]?["thinking_tokens"]?.int }
        #expect(details == [192])
        await mock.stop()
    }

    @Test("Faults: the service's error event, a cut, no end, other framings, wrong usage")
    func faults() async throws {
        let mock = try Mock()
        let stream = ",\"stream\":true"
        let broken = try mock.say("hi", model: "mock-stream-error-3", more: stream)
        #expect(broken.payloads.last?["error"]?["type"]?.string == "overloaded_error")
        #expect(broken.body.contains("event: error\n"))
        #expect(try !mock.say("hi", model: "mock-cut-3", more: stream).isComplete)
        let endless = try mock.say("hi", model: "mock-no-done", more: stream)
        #expect(endless.isComplete)
        #expect(!endless.body.contains("message_stop"))
        let tight = try mock.say("hi", model: "mock-nospace", more: stream)
        #expect(tight.body.hasPrefix("event:message_start\ndata:{"))
        #expect(try mock.say("hi", model: "mock-crlf", more: stream).body.contains("\r\n\r\n"))
        let without = try mock.say("hi", model: "mock-usage-missing", more: stream)
        #expect(!without.body.contains("\"usage\":"))
        let total = mock.server.ledger.total(model: "mock-usage-wrong")
        let wrong = try mock.say("hi", model: "mock-usage-wrong")
        let truth = mock.server.ledger.total(model: "mock-usage-wrong").completionTokens - total.completionTokens
        #expect(wrong.json?["usage"]?["output_tokens"]?.int == Int64(truth * 10))
        await mock.stop()
    }
}

extension String {
    fileprivate func components(separatedBy end: String) -> [String] {
        var parts: [String] = [""]
        var rest = Substring(self)
        while !rest.isEmpty {
            if rest.hasPrefix(end) {
                parts.append("")
                rest = rest.dropFirst(end.count)
            } else {
                parts[parts.count - 1].append(rest.removeFirst())
            }
        }
        return parts
    }
}
