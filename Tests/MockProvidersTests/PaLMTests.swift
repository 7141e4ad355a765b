import JSON
import MockKit
import TestTraits
import Testing

extension Mock {
    fileprivate func message(
        _ messages: String, model: String = "chat-bison-001", more: String = "", base: String = "/palm/v1beta2"
    ) throws -> Reply {
        try google(
            "POST", "\(base)/models/\(model):generateMessage", "{\"prompt\":{\"messages\":[\(messages)]}\(more)}")
    }

    fileprivate func complete(
        _ text: String, model: String = "text-bison-001", more: String = "", base: String = "/palm/v1beta2"
    ) throws -> Reply {
        try google("POST", "\(base)/models/\(model):generateText", "{\"prompt\":{\"text\":\"\(text)\"}\(more)}")
    }
}

@Suite(.inTurn) struct PaLMTests {
    private static let hi: String = "{\"author\":\"0\",\"content\":\"Hi\"}"

    @Test("A chat's answer has the service's bytes, under the prefix and at the root")
    func chat() async throws {
        let mock = try Mock()
        for base in ["/palm/v1beta2", "/v1beta2", "/palm/v1beta3", "/v1beta3"] {
            let reply = try mock.message(Self.hi, more: ",\"temperature\":0.2,\"top_k\":40", base: base)
            let text = try #require(reply.json?["candidates"]?[0]?["content"]?.string)
            #expect(text.contains("\"Hi\""))
            #expect(
                reply.body == """
                    {
                      "candidates": [
                        {
                          "author": "1",
                          "content": \(String(decoding: JSON.string(text).encoded(), as: UTF8.self))
                        }
                      ],
                      "messages": [
                        {
                          "author": "0",
                          "content": "Hi"
                        }
                      ]
                    }

                    """)
        }
        #expect(mock.server.ledger.total.promptTokens == 4)
        #expect(mock.server.ledger.total.completionTokens > 0)
        await mock.stop()
    }

    @Test("Authors are kept, candidates are counted together, and old messages are dropped")
    func history() async throws {
        let mock = try Mock()
        let turns = """
            {"author":"ann","content":"\(String(repeating: "old ", count: 5000))"},{"author":"bob","content":"b"},\
            {"author":"ann","content":"c"}
            """
        let reply = try mock.message(turns, more: ",\"candidateCount\":2")
        #expect(reply.json?["candidates"]?.array?.map { $0["author"]?.string } == ["bob", "bob"])
        #expect(reply.json?["messages"]?.array?.compactMap { $0["author"]?.string } == ["bob", "ann"])
        #expect(mock.server.ledger.total.promptTokens == 2)
        let unnamed = try mock.message("{\"content\":\"a\"},{\"content\":\"b\"},{\"content\":\"c\"}")
        #expect(unnamed.json?["messages"]?.array?.compactMap { $0["author"]?.string } == ["0", "1", "0"])
        await mock.stop()
    }

    @Test("A blocked answer has filters and no candidates")
    func blocked() async throws {
        let mock = try Mock()
        let chat = try mock.message("{\"author\":\"0\",\"content\":\"mock-block\"}")
        #expect(chat.status == 200)
        #expect(chat.json?["candidates"] == nil)
        #expect(chat.json?["filters"] == [["reason": "OTHER"]])
        #expect(try mock.complete("mock-block").json == ["filters": [["reason": "OTHER"]]])
        let unsafe = try mock.complete("mock-filter").json
        #expect(unsafe?["filters"] == [["reason": "SAFETY"]])
        #expect(unsafe?["safetyFeedback"]?[0]?["setting"]?["threshold"] == "BLOCK_MEDIUM_AND_ABOVE")
        #expect(mock.server.ledger.total.completionTokens == 0)
        await mock.stop()
    }

    @Test("Completions have six ratings, by name or by number, and a default length")
    func completions() async throws {
        let mock = try Mock()
        let reply = try mock.complete("mock-tokens-200")
        let ratings = try #require(reply.json?["candidates"]?[0]?["safetyRatings"]?.array)
        #expect(ratings.count == 6)
        #expect(ratings.first == ["category": "HARM_CATEGORY_DEROGATORY", "probability": "NEGLIGIBLE"])
        #expect(mock.server.ledger.total.completionTokens == 64)
        _ = try mock.complete("mock-tokens-200", base: "/palm/v1beta3")
        #expect(mock.server.ledger.total.completionTokens == 264)
        let numbered = try mock.google(
            "POST", "/palm/v1beta2/models/text-bison-001:generateText?%24alt=json%3Benum-encoding%3Dint",
            "{\"prompt\":{\"text\":\"Hi\"},\"safetySettings\":[{\"category\":3,\"threshold\":2}]}")
        #expect(
            numbered.json?["candidates"]?[0]?["safetyRatings"]?[5] == ["category": 6, "probability": 1])
        await mock.stop()
    }

    @Test("Tokens are counted, texts embedded, models listed")
    func others() async throws {
        let mock = try Mock()
        let counted = try mock.google(
            "POST", "/palm/v1beta2/models/chat-bison-001:countMessageTokens", "{\"prompt\":{\"messages\":[\(Self.hi)]}}"
        )
        #expect(counted.json == ["tokenCount": 1])
        let text = try mock.google(
            "POST", "/palm/v1beta3/models/text-bison-001:countTextTokens", "{\"prompt\":{\"text\":\"Hi\"}}")
        #expect(text.json == ["tokenCount": 1])
        let vector = try mock.google(
            "POST", "/palm/v1beta2/models/embedding-gecko-001:embedText", "{\"text\":\"Hi\"}")
        #expect(vector.json?["embedding"]?["value"]?.array?.count == 768)
        let batch = try mock.google(
            "POST", "/palm/v1beta3/models/embedding-gecko-001:batchEmbedText", "{\"texts\":[\"Hi\",\"Ho\"]}")
        #expect(batch.json?["embeddings"]?[0] == vector.json?["embedding"])
        let first = try mock.google("GET", "/palm/v1beta2/models?pageSize=2").json
        #expect(first?["models"]?.array?.count == 2)
        let token = try #require(first?["nextPageToken"]?.string)
        let second = try mock.google("GET", "/palm/v1beta2/models?pageToken=\(token)").json
        #expect(second?["models"]?[0]?["name"] == "models/embedding-gecko-001")
        #expect(try mock.google("GET", "/palm/v1beta2/models/chat-bison-001").json?["temperature"]?.double == 0.25)
        await mock.stop()
    }

    @Test(
        "A bad request is refused",
        arguments: [
            ("", "", "Messages should not be empty."),
            ("\(hi),\(hi)", "", "Messages must alternate between authors."),
            ("\(hi),{\"author\":\"1\",\"content\":\"a\"}", "", "Messages must alternate between authors."),
            (hi, ",\"max_tokens\":5", "Invalid JSON payload received. Unknown name \"max_tokens\": Cannot find field."),
            (
                hi, ",\"temperature\":1.5",
                "* GenerateMessageRequest.temperature: must be in the range [0.0, 1.0].\n"
            ),
            (hi, ",\"candidateCount\":9", "* GenerateMessageRequest.candidate_count: must be in the range [1, 8].\n"),
        ])
    func refusal(messages: String, more: String, message: String) async throws {
        let mock = try Mock()
        let reply = try mock.message(messages, more: more)
        #expect(reply.status == 400)
        #expect(reply.error?["message"]?.string == message)
        await mock.stop()
    }

    static let names: [(String, Int, String)] = [
        ("api_key_invalid", 400, "INVALID_ARGUMENT"), ("403", 403, "PERMISSION_DENIED"),
        ("service_disabled", 403, "PERMISSION_DENIED"), ("unknown_field", 400, "INVALID_ARGUMENT"),
        ("no_messages", 400, "INVALID_ARGUMENT"), ("bad_authors", 400, "INVALID_ARGUMENT"),
        ("bad_temperature", 400, "INVALID_ARGUMENT"), ("404", 404, "NOT_FOUND"), ("429", 429, "RESOURCE_EXHAUSTED"),
        ("location_unsupported", 400, "FAILED_PRECONDITION"), ("500", 500, "INTERNAL"), ("503", 503, "UNAVAILABLE"),
    ]

    @Test("Each name in the catalogue gives its status", arguments: names)
    func catalogue(name: String, status: Int, word: String) async throws {
        let mock = try Mock()
        let reply = try mock.message(Self.hi, model: "mock-error-\(name)")
        #expect(reply.status == status)
        #expect(reply.error?["status"]?.string == word)
        let details = reply.error?["details"]?.array?.compactMap { $0["@type"]?.string } ?? []
        #expect(!details.contains { $0.hasSuffix("LocalizedMessage") })
        await mock.stop()
    }

    @Test("Keys, unknown models and paths")
    func doors() async throws {
        let mock = try Mock()
        let path = "/palm/v1beta2/models/chat-bison-001:generateMessage"
        let body = "{\"prompt\":{\"messages\":[\(Self.hi)]}}"
        #expect(try mock.google("POST", path, body, headers: []).status == 403)
        #expect(try mock.google("POST", path + "?key=AIza-mock-bad", body, headers: []).status == 400)
        #expect(try mock.google("POST", path + "?key=AIza", body, headers: []).status == 200)
        let unknown = try mock.message(Self.hi, model: "foo")
        #expect(
            unknown.error?["message"]?.string
                == "models/foo is not found for API version v1beta2, or is not supported for generateMessage. Call "
                + "ListModels to see the list of available models and their supported methods.")
        #expect(try mock.message(Self.hi, model: "text-bison-001").status == 404)
        let page = try mock.google("POST", "/palm/v1beta2/models/text-bison-001:countTextTokens", "{}")
        #expect(page.status == 404)
        #expect(page.header("content-type") == "text/html; charset=UTF-8")
        #expect(try mock.google("POST", "/palm/v1/models/chat-bison-001:generateMessage", body).status == 404)
        for hostile in [
            "", "[]", "{\"prompt\":7}", "{\"prompt\":{\"messages\":[7]}}", "{\"prompt\":{\"messages\":{}}}",
        ] {
            #expect(try mock.google("POST", path, hostile).status == 400, "\(hostile)")
        }
        await mock.stop()
    }

    @Test("Scripts and faults work here too")
    func faults() async throws {
        let mock = try Mock()
        _ = try mock.control("POST", "/script", "{\"text\":\"Once.\",\"usage\":{\"prompt_tokens\":9}}")
        #expect(try mock.message(Self.hi).json?["candidates"]?[0]?["content"] == "Once.")
        #expect(mock.server.ledger.total.promptTokens == 9)
        #expect(try !mock.message(Self.hi, model: "mock-cut-1").isComplete)
        #expect(try mock.message(Self.hi, model: "mock-invalid-utf8").body.contains("\u{fffd}"))
        #expect(try mock.message(Self.hi, model: "mock-html-502").status == 502)
        await mock.stop()
    }
}
