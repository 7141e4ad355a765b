import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ClaudeToolTests {
    static let tools = """
        ,"tools":[{"name":"get_weather","input_schema":{"type":"object","properties":{"city":{"type":"string"},\
        "unit":{"enum":["celsius"]}}}},{"name":"get_time","input_schema":{"type":"object"}}]
        """

    @Test("A call, its result, and the answer to it")
    func roundTrip() async throws {
        let mock = try Mock()
        let first = try mock.say("What is the weather?", more: Self.tools)
        #expect(first.json?["stop_reason"]?.string == "tool_use")
        let call = try #require(first.blocks.first)
        #expect(call.object?.members.map(\.key) == ["type", "id", "name", "input", "caller"])
        #expect(call["input"] == ["city": "Oslo", "unit": "celsius"])
        let id = try #require(call["id"]?.string)
        #expect(id.hasPrefix("toolu_01"))
        let result = """
            {"role":"user","content":[{"type":"tool_result","tool_use_id":"\(id)","content":"12 degrees"}]}
            """
        let turns = [
            "{\"role\":\"user\",\"content\":\"What is the weather?\"}",
            "{\"role\":\"assistant\",\"content\":[\(call.encoded().text)]}", result,
        ]
        let second = try mock.converse(turns.joined(separator: ","), more: Self.tools)
        #expect(second.text.contains("12 degrees"))
        #expect(second.json?["stop_reason"]?.string == "end_turn")
        let unanswered = try mock.converse(turns[0] + "," + turns[1] + "," + turns[0], more: Self.tools)
        #expect(
            unanswered.error?["message"]?.string
                == "messages.1: `tool_use` ids were found without `tool_result` blocks immediately after: \(id). Each "
                + "`tool_use` block must have a corresponding `tool_result` block in the next message.")
        let orphan = try mock.converse(turns[0] + "," + result)
        #expect(orphan.status == 400)
        #expect(orphan.error?["message"]?.string?.contains("unexpected `tool_use_id`") == true)
        await mock.stop()
    }

    @Test("Results may be in several messages of one role, but not after a text, and not in strict mode")
    func severalResults() async throws {
        let mock = try Mock()
        func result(_ id: String, after text: String = "") -> String {
            "{\"role\":\"user\",\"content\":[\(text){\"type\":\"tool_result\",\"tool_use_id\":\"\(id)\"}]}"
        }
        let calls = ["a", "b"].map { "{\"type\":\"tool_use\",\"id\":\"\($0)\",\"name\":\"get_time\",\"input\":{}}" }
        let start =
            "{\"role\":\"user\",\"content\":\"x\"},{\"role\":\"assistant\",\"content\":["
            + calls.joined(separator: ",") + "]},"
        let split = start + result("a") + "," + result("b")
        #expect(try mock.converse(split, more: Self.tools).status == 200)
        let strict = try mock.converse(split, model: "mock-strict", more: Self.tools)
        #expect(strict.error?["message"]?.string?.contains("roles must alternate") == true)
        let text = "{\"type\":\"text\",\"text\":\"Here:\"},"
        let late = try mock.converse(start + result("a", after: text) + "," + result("b"), more: Self.tools)
        #expect(late.error?["message"]?.string?.contains("immediately after: a, b.") == true)
        await mock.stop()
    }

    @Test("Tool choices: a named tool, any, none, and one call at a time")
    func choices() async throws {
        let mock = try Mock()
        func names(_ choice: String, _ text: String = "get_weather and get_time") throws -> [String] {
            try mock.say(text, more: Self.tools + ",\"tool_choice\":\(choice)").blocks.compactMap { $0["name"]?.string }
        }
        #expect(try names("{\"type\":\"auto\"}") == ["get_weather", "get_time"])
        #expect(try names("{\"type\":\"auto\",\"disable_parallel_tool_use\":true}") == ["get_weather"])
        #expect(try names("{\"type\":\"tool\",\"name\":\"get_time\"}") == ["get_time"])
        #expect(try names("{\"type\":\"any\"}", "mock-no-tools") == ["get_weather"])
        #expect(try names("{\"type\":\"none\"}") == [])
        let preamble = try mock.say("mock-preamble", more: Self.tools)
        #expect(preamble.blocks.map { $0["type"]?.string } == ["text", "tool_use"])
        await mock.stop()
    }

    @Test("Thinking must be sent back unchanged; changed, forged or missing thinking is refused")
    func thinkingReplay() async throws {
        let mock = try Mock()
        let thinking = ",\"thinking\":{\"type\":\"enabled\",\"budget_tokens\":1024},\"max_tokens\":4096"
        func ask(_ turns: String) throws -> Mock.Reply {
            try mock.claude(
                "POST", "v1/messages",
                "{\"model\":\"claude-sonnet-4-5\",\"messages\":[\(turns)]\(thinking)\(Self.tools)}")
        }
        let user = "{\"role\":\"user\",\"content\":\"get_time\"}"
        let first = try ask(user)
        #expect(first.blocks.map { $0["type"]?.string } == ["thinking", "tool_use"])
        let (thought, call) = (first.blocks[0].encoded().text, first.blocks[1])
        func replay(_ blocks: [String]) throws -> Mock.Reply {
            let id = call["id"]?.string ?? ""
            let result = "{\"type\":\"tool_result\",\"tool_use_id\":\"\(id)\",\"content\":\"noon\"}"
            let all = (blocks + [call.encoded().text]).joined(separator: ",")
            return try ask(
                user + ",{\"role\":\"assistant\",\"content\":[\(all)]},{\"role\":\"user\",\"content\":[\(result)]}")
        }
        #expect(try replay([thought]).status == 200)
        let missing = try replay([]).error?["message"]?.string
        #expect(missing?.hasPrefix("messages.1.content.0.type: Expected `thinking`") == true)
        let edited = JSON.object([
            "type": "thinking", "thinking": "Else.", "signature": first.blocks[0]["signature"] ?? "",
        ])
        #expect(try replay([edited.encoded().text]).error?["message"]?.string?.contains("cannot be modified") == true)
        let forged = "{\"type\":\"thinking\",\"thinking\":\"x\",\"signature\":\"QUJD\"}"
        #expect(
            try replay([forged]).error?["message"]?.string
                == "messages.1.content.0: Invalid `signature` in `thinking` block")
        await mock.stop()
    }

    @Test("Omitted and redacted thinking")
    func hiddenThinking() async throws {
        let mock = try Mock()
        let omitted = ",\"thinking\":{\"type\":\"adaptive\",\"display\":\"omitted\"}"
        let hidden = try mock.say("hi", model: "claude-opus-4-7", more: omitted)
        #expect(hidden.blocks.first?["thinking"]?.string == "")
        #expect(hidden.blocks.first?["signature"]?.string?.isEmpty == false)
        let magic = "ANTHROPIC_MAGIC_STRING_TRIGGER_REDACTED_THINKING_46C9"
        let redacted = try mock.say(magic, model: "mock-reasoning")
        #expect(redacted.blocks.first?["type"]?.string == "redacted_thinking")
        await mock.stop()
    }
}

extension [UInt8] {
    fileprivate var text: String { String(decoding: self, as: UTF8.self) }
}
