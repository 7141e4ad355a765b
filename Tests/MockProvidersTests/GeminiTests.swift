import JSON
import MockKit
import TestKit
import TestTraits
import Testing

extension Mock {
    /// A request to Google's part of the mock, with exactly these headers.
    func google(
        _ method: String, _ path: String, _ body: String = "", headers: [String] = ["x-goog-api-key: AIza-test"]
    ) throws -> Reply {
        let client = try RawClient(port: port)
        let lines = headers.map { $0 + "\r\n" }.joined()
        client.send(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    /// A request with these contents and other fields.
    func contents(
        _ contents: String, model: String = "gemini-2.5-flash", more: String = "", verb: String = "generateContent"
    ) throws -> Reply {
        try google("POST", "/gemini/v1beta/models/\(model):\(verb)", "{\"contents\":[\(contents)]\(more)}")
    }

    /// A request with one text.
    func generate(
        _ text: String, model: String = "gemini-2.5-flash", more: String = "", verb: String = "generateContent"
    ) throws -> Reply {
        try contents("{\"parts\":[{\"text\":\"\(text)\"}]}", model: model, more: more, verb: verb)
    }
}

extension Mock.Reply {
    var candidate: JSON? { json?["candidates"]?[0] }
    var parts: [JSON] { candidate?["content"]?["parts"]?.array ?? [] }
    var counts: JSON? { json?["usageMetadata"] }
    /// The answer's text, without thoughts.
    var said: String { parts.filter { $0["thought"] == nil }.compactMap { $0["text"]?.string }.joined() }
}

@Suite(.inTurn) struct GeminiTests {
    @Test("A whole answer has the service's bytes: indented, keys in order, zeros left out")
    func whole() async throws {
        let mock = try Mock()
        let reply = try mock.generate("Hi", more: ",\"generation_config\":{\"thinkingConfig\":{\"thinking_budget\":3}}")
        let id = try #require(reply.json?["responseId"]?.string)
        #expect(id.utf8.count == 23)
        let text = String(decoding: JSON.string(reply.said).encoded(), as: UTF8.self)
        let output = try #require(reply.counts?["candidatesTokenCount"]?.int)
        #expect(
            reply.body == """
                {
                  "candidates": [
                    {
                      "content": {
                        "parts": [
                          {
                            "text": \(text)
                          }
                        ],
                        "role": "model"
                      },
                      "finishReason": "STOP",
                      "index": 0
                    }
                  ],
                  "usageMetadata": {
                    "promptTokenCount": 1,
                    "candidatesTokenCount": \(output),
                    "totalTokenCount": \(output + 4),
                    "promptTokensDetails": [
                      {
                        "modality": "TEXT",
                        "tokenCount": 1
                      }
                    ],
                    "thoughtsTokenCount": 3,
                    "serviceTier": "standard"
                  },
                  "modelVersion": "gemini-2.5-flash",
                  "responseId": "\(id)"
                }

                """)
        #expect(mock.server.ledger.total.promptTokens == 1)
        #expect(mock.server.ledger.total.completionTokens == Int(output) + 3)
        await mock.stop()
    }

    @Test("The headers are the service's, with three fields of vary and no limits")
    func headers() async throws {
        let mock = try Mock()
        let reply = try mock.generate("Hi")
        #expect(reply.header("content-type") == "application/json; charset=UTF-8")
        #expect(reply.head.split(separator: "\r\n").filter { $0.hasPrefix("vary: ") }.count == 3)
        #expect(reply.header("server-timing")?.hasPrefix("gfet4t7; dur=") == true)
        #expect(reply.header("content-disposition") == nil)
        #expect(reply.header("transfer-encoding") == "chunked")
        #expect(reply.header("content-length") == nil)
        let limited = try mock.generate("Hi", model: "mock-error-429")
        #expect(limited.header("retry-after") == nil)
        #expect(limited.header("transfer-encoding") == "chunked")
        await mock.stop()
    }

    @Test("The same request gets the same bytes")
    func determinism() async throws {
        let mock = try Mock(seed: 3)
        #expect(try mock.generate("Hello").body == mock.generate("Hello").body)
        await mock.stop()
    }

    @Test("Older models leave the index out, and all aliases have a version")
    func generations() async throws {
        let mock = try Mock()
        let old = try mock.generate("Hi", model: "gemini-1.5-flash")
        #expect(old.candidate?["index"] == nil)
        #expect(old.counts?["thoughtsTokenCount"] == nil)
        #expect(old.json?["modelVersion"]?.string == "gemini-1.5-flash-001")
        let alias = try mock.generate("Hi", model: "gemini-flash-latest")
        #expect(alias.json?["modelVersion"]?.string == "gemini-2.5-flash")
        #expect(try mock.generate("Hi", model: "gemini-3-pro-preview").candidate?["index"]?.int == 0)
        #expect(try mock.generate("Hi", model: "gemini-2.0-flash").candidate?["avgLogprobs"] != nil)
        await mock.stop()
    }

    @Test("Thinking that uses up all tokens leaves an empty answer without a count")
    func starved() async throws {
        let mock = try Mock()
        let reply = try mock.generate("Hi", more: ",\"generationConfig\":{\"maxOutputTokens\":9}")
        #expect(reply.candidate == ["content": ["role": "model"], "finishReason": "MAX_TOKENS", "index": 0])
        #expect(reply.counts?["candidatesTokenCount"] == nil)
        #expect(reply.counts?["thoughtsTokenCount"]?.int == 9)
        #expect(mock.server.ledger.total.completionTokens == 9)
        await mock.stop()
    }

    @Test("Thoughts come first if they were asked for")
    func thoughts() async throws {
        let mock = try Mock()
        let config = ",\"generationConfig\":{\"thinkingConfig\":{\"includeThoughts\":true,\"thinkingBudget\":5}}"
        let reply = try mock.generate("Hi", more: config)
        #expect(reply.parts.first?["thought"] == true)
        #expect(reply.parts.count == 2)
        let newest = try mock.generate("Hi", model: "gemini-3-flash-preview")
        #expect(newest.parts.last?["thoughtSignature"]?.string?.isEmpty == false)
        await mock.stop()
    }

    @Test("A blocked prompt is a 200 without candidates")
    func blocked() async throws {
        let mock = try Mock()
        let reply = try mock.generate("mock-block")
        #expect(reply.status == 200)
        #expect(
            reply.json?.object?.members.map(\.key) == ["promptFeedback", "usageMetadata", "modelVersion", "responseId"])
        #expect(reply.json?["promptFeedback"] == ["blockReason": "PROHIBITED_CONTENT"])
        #expect(
            reply.counts?.object?.members.map(\.key) == ["promptTokenCount", "totalTokenCount", "promptTokensDetails"])
        let armor = try mock.generate("mock-block-MODEL_ARMOR")
        #expect(armor.json?["promptFeedback"]?["blockReasonMessage"] != nil)
        await mock.stop()
    }

    @Test(
        "A stopped candidate has the members that its reason calls for",
        arguments: [
            ("SAFETY", ["content", "finishReason", "index", "safetyRatings"]),
            ("RECITATION", ["finishReason", "index", "citationMetadata"]),
            ("MODEL_ARMOR", ["finishReason", "finishMessage", "index"]),
            ("MALFORMED_FUNCTION_CALL", ["content", "finishReason", "finishMessage", "index"]),
            ("UNEXPECTED_TOOL_CALL", ["content", "finishReason", "finishMessage", "index"]),
            ("BLOCKLIST", ["content", "finishReason", "index"]), ("OTHER", ["content", "finishReason", "index"]),
        ])
    func stopped(reason: String, keys: [String]) async throws {
        let mock = try Mock()
        let reply = try mock.generate("mock-finish-\(reason)")
        #expect(reply.candidate?.object?.members.map(\.key) == keys)
        #expect(reply.candidate?["finishReason"]?.string == reason)
        #expect(reply.parts.isEmpty == !["UNEXPECTED_TOOL_CALL", "OTHER"].contains(reason))
        #expect((reply.counts?["candidatesTokenCount"] == nil) == reply.parts.isEmpty)
        await mock.stop()
    }

    @Test("A filter removes the text, a stop sequence ends it, and candidates differ")
    func ends() async throws {
        let mock = try Mock()
        let filtered = try mock.generate("mock-filter")
        #expect(filtered.candidate?["content"] == [:])
        #expect(filtered.candidate?["finishReason"] == "SAFETY")
        let stopped = try mock.generate(
            "mock-tokens-100", more: ",\"generationConfig\":{\"stopSequences\":[\" when\"]}")
        #expect(stopped.candidate?["finishReason"] == "STOP")
        #expect(!stopped.said.contains(" when"))
        let three = try mock.generate("Hi", more: ",\"generationConfig\":{\"candidateCount\":3}")
        let texts = three.json?["candidates"]?.array?.compactMap { $0["content"]?["parts"]?[0]?["text"]?.string }
        #expect(Set(texts ?? []).count == 3)
        #expect(Int64(mock.server.ledger.entries.last?.completionTokens ?? 0) > 96)
        await mock.stop()
    }

    @Test("Reads names in both spellings, URL-safe base64, and a single value in place of a list")
    func reading() async throws {
        let mock = try Mock()
        let png = "iVBORw0KGgoAAAANSUhEUgAAAfQAAAEsCAYAAAA"
        let reply = try mock.google(
            "POST", "/gemini/v1/models/gemini-2.5-flash:generateContent",
            """
            {"contents":{"parts":[{"inlineData":{"mime_type":"image/png","data":"\(png)"}},{"text":"Look."}]},
            "system_instruction":{"parts":{"text":"Be brief."}},"generationConfig":{"top_k":4.0,"seed":null}}
            """)
        #expect(reply.said.contains("one image"))
        #expect(reply.counts?["promptTokensDetails"]?[1] == ["modality": "IMAGE", "tokenCount": 258])
        await mock.stop()
    }

    @Test("Structured output follows either schema, and an enum is a bare word")
    func structured() async throws {
        let mock = try Mock()
        let subset = "{\"type\":\"OBJECT\",\"properties\":{\"n\":{\"type\":\"INTEGER\"}},\"required\":[\"n\"]}"
        let json =
            "{\"type\":\"object\",\"properties\":{\"n\":{\"$ref\":\"#/$defs/n\"}},\"$defs\":{\"n\":{\"const\":7}}}"
        for schema in ["\"responseSchema\":\(subset)", "\"_responseJsonSchema\":\(json)"] {
            let reply = try mock.generate(
                "Give.", more: ",\"generationConfig\":{\"responseMimeType\":\"application/json\",\(schema)}")
            #expect(try JSON.parse(Array(reply.said.utf8))["n"]?.int != nil)
        }
        let word = try mock.generate(
            "Give.",
            more: ",\"generationConfig\":{\"responseMimeType\":\"text/x.enum\","
                + "\"responseSchema\":{\"type\":\"STRING\",\"enum\":[\"left\"]}}")
        #expect(word.said == "left")
        await mock.stop()
    }

    @Test("A long prompt is served from the cache the second time, if what comes before it is the same too")
    func memory() async throws {
        let mock = try Mock()
        let long = String(repeating: "word ", count: 1500)
        func ask(_ text: String, system: String) throws -> Mock.Reply {
            try mock.generate(text, more: ",\"systemInstruction\":{\"parts\":[{\"text\":\"\(system)\"}]}")
        }
        #expect(try ask(long, system: "A").counts?["cachedContentTokenCount"] == nil)
        #expect(try ask(long, system: "B").counts?["cachedContentTokenCount"] == nil)
        let again = try ask(long, system: "A")
        #expect(again.counts?["cachedContentTokenCount"]?.int == 1408)
        #expect(again.counts?["cacheTokensDetails"]?[0]?["tokenCount"]?.int == 1408)
        #expect(mock.server.ledger.entries.last?.cachedTokens == 1408)
        await mock.stop()
    }

    @Test("Enumerations are numbers for clients that ask for it")
    func numbers() async throws {
        let mock = try Mock()
        let verb = "generateContent?%24alt=json%3Benum-encoding%3Dint"
        let reply = try mock.generate("mock-filter", verb: verb)
        #expect(reply.candidate?["finishReason"]?.int == 3)
        #expect(reply.candidate?["safetyRatings"]?[0] == ["category": 8, "probability": 2, "blocked": true])
        #expect(reply.counts?["promptTokensDetails"]?[0]?["modality"]?.int == 1)
        #expect(try mock.generate("mock-block", verb: verb).json?["promptFeedback"] == ["blockReason": 4])
        #expect(try mock.generate("mock-finish-MODEL_ARMOR", verb: verb).candidate?["finishReason"] == "MODEL_ARMOR")
        await mock.stop()
    }

    @Test("Vertex's paths answer with Vertex's fields")
    func vertex() async throws {
        let mock = try Mock()
        let body = "{\"contents\":[{\"role\":\"user\",\"parts\":[{\"text\":\"Hi\"}]}]}"
        for head in ["projects/p/locations/l/", ""] {
            let reply = try mock.google(
                "POST", "/gemini/v1beta1/\(head)publishers/google/models/gemini-2.5-flash:generateContent", body,
                headers: ["Authorization: Bearer ya29.token"])
            #expect(reply.counts?["trafficType"] == "ON_DEMAND")
            #expect(reply.counts?["serviceTier"] == nil)
            #expect(reply.json?["createTime"] != nil)
        }
        await mock.stop()
    }

    @Test("A script sets the text, the reason and the counts")
    func script() async throws {
        let mock = try Mock()
        _ = try mock.control(
            "POST", "/script",
            """
            {"text":"Once.","finish_reason":"LANGUAGE","usage":{"prompt_tokens":70,"completion_tokens":50,\
            "cached_tokens":10,"reasoning_tokens":20}}
            """)
        let reply = try mock.generate("Hi")
        #expect(reply.candidate?["finishReason"] == "LANGUAGE")
        let counts = ["promptTokenCount", "cachedContentTokenCount", "candidatesTokenCount", "thoughtsTokenCount"]
        #expect(counts.map { reply.counts?[$0]?.int } == [70, 10, 30, 20])
        #expect(mock.server.ledger.total.completionTokens == 50)
        await mock.stop()
    }
}
