import JSON
import MockKit
import TestTraits
import Testing

/// Content as a list of parts on the path of text (spec/wire/ali.md §2.2).
@Suite(.inTurn) struct AliContentTests {
    private func say(_ mock: Mock, _ content: String, model: String = "qwen3-max") throws -> Mock.Reply {
        try mock.askQwen("{\"role\":\"user\",\"content\":\(content)}", model: model, parameters: "")
    }

    @Test("A list of texts is the same as their sum, also when one is marked for the cache")
    func texts() async throws {
        let mock = try Mock()
        let whole = try say(mock, "\"Say hello to Oslo.\"")
        for content in [
            "[{\"text\":\"Say hello \"},{\"text\":\"to Oslo.\"}]",
            """
            [{"type":"text","text":"Say hello ","cache_control":{"type":"ephemeral"}},\
            {"type":"text","text":"to Oslo."}]
            """,
        ] {
            let reply = try say(mock, content)
            #expect(reply.status == 200)
            #expect(reply.json?["usage"]?["input_tokens"] == whole.json?["usage"]?["input_tokens"])
            #expect(reply.content?.contains("Say hello to Oslo.") == true)
        }
        await mock.stop()
    }

    @Test("The addresses of documents count; pictures belong to the other path, and old models take strings only")
    func others() async throws {
        let mock = try Mock()
        let document = "{\"type\":\"doc_url\",\"doc_url\":[\"https://example.test/a.pdf\"]}"
        let counted = try say(mock, "[{\"type\":\"text\",\"text\":\"What?\"},\(document)]").json?["usage"]
        #expect((counted?["input_tokens"]?.int ?? 0) > 512)
        for content in [
            "[{\"image\":\"https://example.test/a.png\"},{\"text\":\"What?\"}]", "[]", "[{\"text\":1}]", "[\"What?\"]",
            "[{\"type\":\"image_url\",\"image_url\":{\"url\":\"https://example.test/a.png\"}}]",
            "[{\"type\":\"doc_url\",\"doc_url\":[]}]", "{\"text\":\"What?\"}",
        ] {
            #expect(try say(mock, content).status == 400, "\(content)")
        }
        #expect(try say(mock, "[{\"text\":\"What?\"}]", model: "qwen2-72b-instruct").status == 400)
        await mock.stop()
    }
}
