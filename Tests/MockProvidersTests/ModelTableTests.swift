import JSON
import MockKit
import TestTraits
import Testing

/// The newer names of the vendors' own lists, and what follows from a name.
@Suite(.inTurn) struct ModelTableTests {
    private static let newer = [
        "gpt-5.2", "gpt-5.2-2025-12-11", "gpt-5.2-chat-latest", "gpt-5.2-pro", "gpt-5.1-codex", "gpt-5.3-chat-latest",
        "gpt-5.4", "gpt-5.4-mini", "gpt-5.5", "gpt-5.6-sol", "gpt-6-astra", "gpt-6.2-sol", "gpt-5-chat-latest",
    ]

    @Test("OpenAI's newer chat models answer and are listed", arguments: newer)
    func openAI(name: String) async throws {
        let mock = try Mock()
        #expect(try mock.ask("Hi", model: name).status == 200)
        #expect(try mock.send("GET", "/v1/models/\(name)").json?["id"]?.string != nil)
        await mock.stop()
    }

    @Test("The list has the newer names of each vendor")
    func lists() async throws {
        let mock = try Mock()
        func ids(_ list: JSON?, _ key: String = "id") -> Set<String> {
            Set((list?["data"] ?? list?["models"])?.array?.compactMap { $0[key]?.string } ?? [])
        }
        let openAI = ids(try mock.send("GET", "/v1/models").json)
        #expect(openAI.isSuperset(of: ["gpt-5.2", "gpt-5.2-pro", "gpt-5.2-codex", "gpt-image-1.5", "gpt-image-2"]))
        let claude = ids(
            try mock.send(
                "GET", "/anthropic/v1/models?limit=100", key: nil,
                type: "x\r\nanthropic-version: 2023-06-01\r\nx-api-key: sk-ant-a"
            ).json)
        #expect(claude.isSuperset(of: ["claude-opus-5", "claude-sonnet-5", "claude-haiku-5-5", "claude-opus-4-8"]))
        let gemini = ids(
            try mock.send("GET", "/gemini/v1beta/models?pageSize=1000&key=AIza-any", key: nil).json, "name")
        #expect(gemini.isSuperset(of: ["models/gemini-3.1-pro-preview", "models/gemini-3.5-flash"]))
        let ali = ids(try mock.ali("GET", "compatible-mode/v1/models").json)
        #expect(ali.isSuperset(of: ["qwen-plus-latest", "qwen-vl-max-latest", "qwen3.8-max", "qwen3-coder-plus"]))
        let baidu = try mock.baidu("GET", "v2/models", headers: ["Authorization: Bearer bce-v3/ALTAK-test/secret"])
        #expect(ids(baidu.json).isSuperset(of: ["ernie-5.0", "ernie-4.5-turbo-vl", "deepseek-v3.2"]))
        await mock.stop()
    }

    @Test("Snapshots of Ali's models exist, others do not")
    func snapshots() async throws {
        let mock = try Mock()
        for name in ["qwen-plus-latest", "qwen-plus-2025-07-28", "qwen-max-0919", "qwen3-max-2025-09-23"] {
            #expect(try mock.tellQwen("Hi", model: name).status == 200, "\(name)")
        }
        for name in ["qwen3-8b-latest", "qwen-nope-latest", "qwen-plus-20250728", "-latest", "latest"] {
            #expect(try mock.tellQwen("Hi", model: name).status == 404, "\(name)")
        }
        await mock.stop()
    }

    @Test("Zhipu's newer families exist; those that see read pictures")
    func zhipu() async throws {
        let mock = try Mock()
        for name in ["glm-5.1", "glm-5-turbo", "glm-4.1v-thinking-flash", "glm-4.1v-thinking-flashx", "glm-5v-turbo"] {
            #expect(try mock.glmSay("Hi", model: name).status == 200, "\(name)")
        }
        let picture = """
            {"role":"user","content":[{"type":"image_url","image_url":{"url":"https://example.test/a.png"}},\
            {"type":"text","text":"What?"}]}
            """
        #expect(try mock.glm(picture, model: "glm-4.1v-thinking-flash").status == 200)
        #expect(try mock.glm(picture, model: "glm-5.1").status == 400)
        await mock.stop()
    }

    @Test("A model refuses the efforts that it does not have, and a sampling beside the others")
    func efforts() async throws {
        let mock = try Mock()
        func status(_ model: String, _ more: String) throws -> Int {
            try mock.ask("Hi", model: model, more: more).status
        }
        #expect(try status("gpt-5.2", ",\"reasoning_effort\":\"xhigh\"") == 200)
        #expect(try status("gpt-5.2", ",\"temperature\":0.5") == 200)
        #expect(try status("gpt-5.2", ",\"temperature\":0.5,\"reasoning_effort\":\"low\"") == 400)
        #expect(try status("gpt-5", ",\"temperature\":0.5") == 400)
        let refused = try mock.ask("Hi", model: "gpt-5", more: ",\"reasoning_effort\":\"none\"")
        #expect(refused.error?["param"]?.string == "reasoning_effort")
        #expect(refused.error?["code"]?.string == "unsupported_value")
        #expect(try status("o3-2025-04-16", ",\"stop\":\"x\"") == 400)
        await mock.stop()
    }

    @Test("Models of the responses endpoint are listed and refuse a chat; text models refuse pictures")
    func abilities() async throws {
        let mock = try Mock()
        let other = try mock.ask("Hi", model: "gpt-5.2-codex")
        #expect(other.status == 404)
        #expect(other.error?["message"]?.string?.contains("only supported in v1/responses") == true)
        let parts = "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.test/a.png\"}}]"
        func look(_ model: String) throws -> Mock.Reply {
            try mock.chat("{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\(parts)}]}")
        }
        #expect(try look("gpt-5.2").status == 200)
        #expect(try look("gpt-3.5-turbo").error?["param"]?.string == "messages[0].content[0].type")
        await mock.stop()
    }
}
