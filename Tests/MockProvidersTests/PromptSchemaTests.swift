import JSON
import MockKit
import TestTraits
import Testing

/// A schema in the words of a prompt, at providers that have no format for schemas.
@Suite(.inTurn) struct PromptSchemaTests {
    private static let schema = """
        {"type":"object","properties":{"city":{"type":"string"},"note":{"type":"string","enum":["a } brace"]}},\
        "required":["city"]}
        """

    private func quoted(_ text: String) -> String { String(decoding: JSON.string(text).encoded(), as: UTF8.self) }
    private func isCity(_ text: String?) -> Bool {
        let value = text.flatMap { try? JSON.parse(Array($0.utf8)) }
        return value?["city"]?.string == "Oslo" && value?["note"]?.string == "a } brace"
    }

    /// - Returns: what was said with these words of the system, in JSON mode or not.
    private func answers(_ mock: Mock, _ words: String, isJSON: Bool = true) throws -> [String: String?] {
        let system = quoted(words)
        let turns = "{\"role\":\"system\",\"content\":\(system)},{\"role\":\"user\",\"content\":\"Name a town.\"}"
        let format = isJSON ? ",\"response_format\":{\"type\":\"json_object\"}" : ""
        let mime = isJSON ? ",\"generationConfig\":{\"responseMimeType\":\"application/json\"}" : ""
        let parameters = isJSON ? "\"response_format\":{\"type\":\"json_object\"}" : ""
        var answers: [String: String?] = [
            "zhipu": try mock.glm(turns, more: format).content,
            "ernie": try mock.tellERNIE(
                "Name a town.", more: ",\"system\":\(system)" + (isJSON ? ",\"response_format\":\"json_object\"" : "")
            ).result,
            "qianfan": try mock.qianfanChat(turns, more: format).content,
            "qwen": try mock.askQwen(turns, model: "qwen-flash", parameters: parameters).content,
            "openai": try mock.chat("{\"model\":\"gpt-4o\",\"messages\":[\(turns)]\(format)}").content,
            "gemini": try mock.generate(
                "Name a town.", more: ",\"systemInstruction\":{\"parts\":[{\"text\":\(system)}]}\(mime)"
            ).said,
        ]
        // Claude has no JSON mode.
        if !isJSON { answers["claude"] = try mock.say("Name a town.", more: ",\"system\":\(system)").text }
        return answers
    }

    @Test("JSON mode answers by a schema that stands in the prompt, whatever stands around it")
    func jsonMode() async throws {
        let mock = try Mock()
        let envelope = "{\"name\":\"town\",\"schema\":\(Self.schema)}"
        for words in [
            "Answer in JSON by this: \(Self.schema)",
            "JSON. Keep {name} and {\"a\":1} as they are. \(Self.schema) Be brief.",
            "A stray { before. JSON: \(Self.schema)", "As JSON: ```json\n\(envelope)\n```",
        ] {
            for (provider, said) in try answers(mock, words) {
                #expect(isCity(said), "\(provider) said \(said ?? "nothing") to \(words)")
            }
        }
        await mock.stop()
    }

    @Test("Without JSON mode the words have to call it a schema")
    func textMode() async throws {
        let mock = try Mock()
        for (provider, said) in try answers(mock, "Answer by this JSON schema: \(Self.schema)", isJSON: false) {
            #expect(isCity(said), "\(provider) said \(said ?? "nothing")")
        }
        for (provider, said) in try answers(mock, "An example: \(Self.schema)", isJSON: false) {
            #expect(said?.contains("Name a town.") == true, "\(provider) said \(said ?? "nothing")")
        }
        await mock.stop()
    }

    @Test("JSON mode without a schema in the prompt, or with mere examples there, answers as before")
    func withoutSchema() async throws {
        let mock = try Mock()
        for words in ["JSON.", "JSON such as {\"city\":\"Rome\"}.", "JSON: {\"type\":\"object\"}"] {
            for (provider, said) in try answers(mock, words) {
                #expect(said?.hasPrefix("{\"answer\":") == true, "\(provider) said \(said ?? "nothing")")
            }
        }
        await mock.stop()
    }

    @Test("A format with a schema of its own goes before the words")
    func formatFirst() async throws {
        let mock = try Mock()
        let own = "{\"type\":\"object\",\"properties\":{\"country\":{\"type\":\"string\"}}}"
        let reply = try mock.chat(
            """
            {"model":"gpt-4o","messages":[{"role":"user","content":\(quoted("JSON schema: " + Self.schema))}],\
            "response_format":{"type":"json_schema","json_schema":{"name":"x","schema":\(own)}}}
            """)
        #expect(reply.content == "{\"country\":\"Norway\"}")
        await mock.stop()
    }
}
