import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct GeminiToolTests {
    static let tools = """
        ,"tools":[{"function_declarations":[{"name":"get_weather","parameters":{"type":"OBJECT","properties":\
        {"city":{"type":"STRING"}},"required":["city"]}},{"name":"get_time"}]}]
        """

    @Test("A call ends with STOP, and its first part has a signature")
    func call() async throws {
        let mock = try Mock()
        let reply = try mock.generate("get_weather and get_time", more: Self.tools)
        #expect(reply.candidate?["finishReason"] == "STOP")
        #expect(reply.candidate?["finishMessage"] == nil)
        #expect(reply.parts.map { $0["functionCall"]?["name"]?.string } == ["get_weather", "get_time"])
        #expect(reply.parts.map { $0["thoughtSignature"] != nil } == [true, false])
        #expect(reply.parts.first?["functionCall"] == ["name": "get_weather", "args": ["city": "Oslo"]])
        let newest = try mock.generate("get_time", model: "gemini-3-flash-preview", more: Self.tools)
        #expect(newest.parts.first?["functionCall"]?["id"]?.string?.utf8.count == 8)
        #expect(newest.candidate?["finishMessage"] == "Model generated function call(s).")
        let rested = try mock.generate(
            "get_time", more: Self.tools + ",\"generationConfig\":{\"thinkingConfig\":{\"thinkingBudget\":0}}")
        #expect(rested.parts.first?["thoughtSignature"] == nil)
        await mock.stop()
    }

    @Test("Results are answered with text, in one content, whatever their order and ids")
    func results() async throws {
        let mock = try Mock()
        let history = """
            {"role":"user","parts":[{"text":"Weather?"}]},{"role":"model","parts":[\
            {"functionCall":{"name":"get_weather","args":{"city":"Oslo"}}},{"functionCall":{"name":"get_time"}}]},\
            {"role":"user","parts":[{"functionResponse":{"id":"call_2","name":"get_time","response":{"result":"noon"}}},\
            {"functionResponse":{"name":"get_weather","response":{"result":"-3 degrees"}}}]}
            """
        let reply = try mock.contents(history, more: Self.tools)
        #expect(reply.said.contains("-3 degrees"))
        await mock.stop()
    }

    @Test(
        "The mode decides which function is called",
        arguments: [
            ("\"ANY\",\"allowedFunctionNames\":[\"get_time\"]", ["get_time"]), ("\"ANY\"", ["get_weather"]),
            ("\"NONE\"", []), ("\"VALIDATED\"", ["get_weather"]), ("\"AUTO\"", ["get_weather"]),
        ])
    func modes(config: String, names: [String]) async throws {
        let mock = try Mock()
        let choice = ",\"toolConfig\":{\"functionCallingConfig\":{\"mode\":\(config)}}"
        let reply = try mock.generate("Hi", more: Self.tools + choice)
        #expect(reply.parts.compactMap { $0["functionCall"]?["name"]?.string } == names)
        await mock.stop()
    }

    @Test("The newest models require the signature to be sent back")
    func signatures() async throws {
        let mock = try Mock()
        func ask(_ signature: String) throws -> Mock.Reply {
            try mock.contents(
                """
                {"parts":[{"text":"Time?"}]},{"role":"model","parts":[{"functionCall":{"name":"get_time"}\(signature)}]},\
                {"parts":[{"functionResponse":{"name":"get_time","response":{"result":"noon"}}}]}
                """, model: "gemini-3-pro-preview", more: Self.tools)
        }
        let without = try ask("")
        #expect(without.status == 400)
        #expect(without.error?["message"]?.string?.contains("missing a thought_signature") == true)
        let first = try mock.generate("get_time", model: "gemini-3-pro-preview", more: Self.tools)
        let given = try #require(first.parts.first?["thoughtSignature"]?.string)
        #expect(try ask(",\"thoughtSignature\":\"\(given)\"").status == 200)
        #expect(try ask(",\"thought_signature\":\"skip_thought_signature_validator\"").status == 200)
        #expect(try ask(",\"thoughtSignature\":\"QUJD\"").status == 400)
        await mock.stop()
    }

    @Test("Tools that run at the service are visible in the answer, and their tokens are counted apart")
    func serverTools() async throws {
        let mock = try Mock()
        let found = try mock.generate("Hi", more: ",\"tools\":[{\"googleSearch\":{}}]")
        #expect(found.candidate?["groundingMetadata"]?["groundingChunks"]?[0]?["web"] != nil)
        let run = try mock.generate("Hi", more: ",\"tools\":[{\"codeExecution\":{}},{\"url_context\":{}}]")
        #expect(run.parts.map { $0.object?.members.first?.key } == ["executableCode", "codeExecutionResult", "text"])
        #expect(run.candidate?["urlContextMetadata"] != nil)
        #expect(run.counts?["toolUsePromptTokenCount"]?.int == 88)
        let sums = ["promptTokenCount", "candidatesTokenCount", "thoughtsTokenCount", "toolUsePromptTokenCount"]
        #expect(run.counts?["totalTokenCount"]?.int == sums.compactMap { run.counts?[$0]?.int }.reduce(0, +))
        #expect(
            Int64(mock.server.ledger.entries.last?.promptTokens ?? 0) == (run.counts?["promptTokenCount"]?.int ?? 0)
                + 88)
        await mock.stop()
    }

    struct Refusal: Sendable, CustomTestStringConvertible {
        let schema: String
        let message: String
        var testDescription: String { message }
    }

    private static let place: String = "tools[0].function_declarations[0].parameters"
    private static let head: String = "Invalid JSON payload received. Unknown name "
    static let refusals: [Refusal] = [
        Refusal(
            schema: "{\"type\":\"OBJECT\",\"properties\":{\"a\":{\"anyOf\":[{\"const\":1}]}}}",
            message: "\(head)\"const\" at '\(place).properties[0].value.any_of[0]': Cannot find field."),
        Refusal(
            schema: "{\"$schema\":\"x\",\"additionalProperties\":false}",
            message: "\(head)\"$schema\" at '\(place)': Cannot find field.\n"
                + "\(head)\"additionalProperties\" at '\(place)': Cannot find field."),
        Refusal(
            schema: "{\"type\":[\"string\",\"null\"]}",
            message: "\(head)\"type\" at '\(place)': Proto field is not repeating, cannot start list."),
        Refusal(
            schema: "{\"type\":\"INTEGER\",\"enum\":[1]}",
            message: "Invalid value at '\(place).enum[0]' (TYPE_STRING), 1"),
        Refusal(
            schema: "{\"type\":\"OBJECT\",\"properties\":{\"url\":{\"type\":\"string\",\"format\":\"uri\"}}}",
            message:
                "* GenerateContentRequest.\(place).properties[url].format: only 'enum' and 'date-time' are supported "
                + "for STRING type\n"),
        Refusal(
            schema: "{\"type\":\"OBJECT\",\"properties\":{\"x\":{\"type\":\"ARRAY\"}},\"required\":[\"y\"]}",
            message: "* GenerateContentRequest.\(place).required[0]: property is not defined\n"
                + "* GenerateContentRequest.\(place).properties[x].items: missing field.\n"),
    ]

    @Test("A schema beyond the supported subset is refused with the service's own message", arguments: refusals)
    func schema(_ refusal: Refusal) async throws {
        let mock = try Mock()
        let tools = ",\"tools\":[{\"functionDeclarations\":[{\"name\":\"f\",\"parameters\":\(refusal.schema)}]}]"
        let reply = try mock.generate("Hi", more: tools)
        #expect(reply.status == 400)
        #expect(reply.error?["message"]?.string == refusal.message)
        if !refusal.message.hasPrefix("*") {
            let detail = reply.error?["details"]?[0]
            #expect(detail?["@type"] == "type.googleapis.com/google.rpc.BadRequest")
            #expect(
                detail?["fieldViolations"]?.array?.count == refusal.message.split(separator: "\n").count)
        }
        await mock.stop()
    }

    @Test("Only the oldest models refuse objects without properties")
    func emptyObjects() async throws {
        let mock = try Mock()
        let tools = """
            ,"tools":[{"functionDeclarations":[{"name":"f","parameters":{"type":"OBJECT","properties":{}}}]}]
            """
        #expect(try mock.generate("Hi", more: tools).status == 200)
        let old = try mock.generate("Hi", model: "gemini-1.5-pro", more: tools)
        #expect(old.error?["message"]?.string?.contains("should be non-empty for OBJECT type") == true)
        await mock.stop()
    }
}
