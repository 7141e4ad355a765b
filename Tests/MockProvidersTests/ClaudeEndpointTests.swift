import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ClaudeCacheTests {
    private static let long = String(repeating: "word ", count: 1500)

    private func ask(_ mock: Mock, ttl: String = "5m", question: String = "Q") throws -> JSON {
        let system = """
            ,"system":[{"type":"text","text":"\(Self.long)","cache_control":{"type":"ephemeral","ttl":"\(ttl)"}}]
            """
        return try mock.say(question, more: system).json?["usage"] ?? .null
    }

    @Test("A marked prefix is written to the cache once and then read, and only the rest counts as input")
    func writeThenRead() async throws {
        let mock = try Mock()
        let first = try ask(mock)
        let written = try #require(first["cache_creation_input_tokens"]?.int)
        #expect(written >= 1500)
        #expect(first["cache_read_input_tokens"]?.int == 0)
        #expect(first["cache_creation"]?["ephemeral_5m_input_tokens"]?.int == written)
        let second = try ask(mock, question: "Another question")
        #expect(second["cache_read_input_tokens"]?.int == written)
        #expect(second["cache_creation_input_tokens"]?.int == 0)
        let input = try #require(second["input_tokens"]?.int)
        #expect(input < 20)
        let last = try #require(mock.server.ledger.entries.last)
        #expect(last.promptTokens == Int(input + written))
        #expect(last.cachedTokens == Int(written))
        await mock.stop()
    }

    @Test("One-hour writes are counted apart, and short or unmarked prompts are not cached")
    func kinds() async throws {
        let mock = try Mock()
        let hour = try ask(mock, ttl: "1h")
        #expect((hour["cache_creation"]?["ephemeral_1h_input_tokens"]?.int ?? 0) >= 1500)
        #expect(hour["cache_creation"]?["ephemeral_5m_input_tokens"]?.int == 0)
        let short = try mock.say("hi", more: ",\"cache_control\":{\"type\":\"ephemeral\"}")
        #expect(short.json?["usage"]?["cache_creation_input_tokens"]?.int == 0)
        let plain = try mock.say(Self.long)
        #expect(plain.json?["usage"]?["cache_creation_input_tokens"]?.int == 0)
        await mock.stop()
    }

    @Test("A mark on the request caches all of it, and a continued conversation reads it")
    func automatic() async throws {
        let mock = try Mock()
        let mark = ",\"cache_control\":{\"type\":\"ephemeral\"}"
        let turn = "{\"role\":\"user\",\"content\":\"\(Self.long)\"}"
        let first = try mock.converse(turn, more: mark).json?["usage"]
        let written = try #require(first?["cache_creation_input_tokens"]?.int)
        let more = turn + ",{\"role\":\"assistant\",\"content\":\"Yes.\"},{\"role\":\"user\",\"content\":\"And?\"}"
        let second = try mock.converse(more, more: mark).json?["usage"]
        #expect(second?["cache_read_input_tokens"]?.int == written)
        #expect((second?["cache_creation_input_tokens"]?.int ?? 0) > 0)
        _ = try mock.control("POST", "/reset")
        #expect(try mock.converse(turn, more: mark).json?["usage"]?["cache_read_input_tokens"]?.int == 0)
        await mock.stop()
    }
}

@Suite(.inTurn) struct ClaudeEndpointTests {
    @Test("Counting agrees with the message's usage, and costs nothing")
    func counting() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"claude-sonnet-4-5\",\"messages\":[{\"role\":\"user\",\"content\":\"How many?\"}]}"
        let counted = try mock.claude("POST", "v1/messages/count_tokens", body)
        #expect(mock.server.ledger.total.answers == 0)
        let tokens = try mock.say("How many?").json?["usage"]?["input_tokens"]?.int
        #expect(counted.body == "{\"input_tokens\":\(tokens ?? 0)}")
        let extra = String(body.dropLast()) + ",\"max_tokens\":5}"
        #expect(
            try mock.claude("POST", "v1/messages/count_tokens", extra).error?["message"]?.string
                == "max_tokens: Extra inputs are not permitted")
        await mock.stop()
    }

    @Test("Models are listed in pages, newest first, and can be read one by one")
    func models() async throws {
        let mock = try Mock()
        var names: [String] = []
        var query = "limit=8"
        for _ in 0..<9 {
            let page = try mock.claude("GET", "v1/models?" + query).json
            names += page?["data"]?.array?.compactMap { $0["id"]?.string } ?? []
            if page?["has_more"]?.bool != true { break }
            query = "limit=8&after_id=\(page?["last_id"]?.string ?? "")"
        }
        #expect(Set(names).count == names.count)
        #expect(names.contains("claude-sonnet-4-5-20250929"))
        let back = try mock.claude("GET", "v1/models?limit=2&before_id=\(names[4])").json
        #expect(back?["data"]?.array?.compactMap { $0["id"]?.string } == Array(names[2..<4]))
        let one = try mock.claude("GET", "v1/models/claude-sonnet-4-5")
        #expect(
            one.body == """
                {"type":"model","id":"claude-sonnet-4-5-20250929","display_name":"Claude Sonnet 4.5",\
                "created_at":"2025-09-29T00:00:00Z","max_input_tokens":200000,"max_tokens":64000,"capabilities":null}
                """)
        #expect(try mock.claude("GET", "v1/models/a%2Fb%20c").error?["message"]?.string == "model: a/b c")
        #expect(try mock.claude("GET", "v1/models?limit=0").status == 400)
        await mock.stop()
    }

    @Test("Paths and methods that do not exist")
    func routing() async throws {
        let mock = try Mock()
        #expect(try mock.claude("POST", "v1/nothing").error?["message"]?.string == "Not Found")
        #expect(try mock.claude("POST", "v1/").status == 404)
        #expect(try mock.claude("GET", "v1/messages").status == 405)
        await mock.stop()
    }

    @Test("Text completions of old models, whole and streamed")
    func completions() async throws {
        let mock = try Mock()
        func ask(_ prompt: String, _ more: String = "", model: String = "claude-2.1") throws -> Mock.Reply {
            let body = "{\"model\":\"\(model)\",\"max_tokens_to_sample\":50,\"prompt\":\"\(prompt)\"\(more)}"
            return try mock.claude("POST", "v1/complete", body)
        }
        let good = "\\n\\nHuman: hello\\n\\nAssistant:"
        let whole = try ask(good)
        #expect(whole.body.hasPrefix("{\"type\":\"completion\",\"id\":\"compl_01"))
        #expect(whole.json?["completion"]?.string?.contains("hello") == true)
        #expect(whole.json?["stop_reason"]?.string == "stop_sequence")
        #expect(whole.json?["stop"]?.string == "\n\nHuman:")
        let streamed = try ask(good, ",\"stream\":true")
        let text = streamed.payloads.compactMap { $0["completion"]?.string }.joined()
        #expect(text.hasPrefix(" ") && text.contains("hello"))
        #expect(streamed.payloads.last?["stop_reason"]?.string == "stop_sequence")
        #expect(try ask("hello").status == 400)
        #expect(try ask(good, model: "claude-sonnet-4-5").status == 400)
        #expect(mock.server.ledger.total.answers == 2)
        await mock.stop()
    }

    @Test("A batch runs, has ended when it is read the second time, and has results for good and bad requests")
    func batches() async throws {
        let mock = try Mock()
        func item(_ name: String, _ model: String) -> String {
            "{\"custom_id\":\"\(name)\",\"params\":{\"model\":\"\(model)\",\"max_tokens\":50,"
                + "\"messages\":[{\"role\":\"user\",\"content\":\"hi \(name)\"}]}}"
        }
        let body = "{\"requests\":[\(item("a", "claude-haiku-4-5")),\(item("b", "nope"))]}"
        let batch = try mock.claude("POST", "v1/messages/batches", body).json
        let id = try #require(batch?["id"]?.string)
        #expect(batch?["processing_status"]?.string == "in_progress")
        let path = "v1/messages/batches/\(id)"
        #expect(try mock.claude("GET", path).json?["results_url"]?.isNull == true)
        #expect(try mock.claude("GET", path + "/results").status == 400)
        let done = try mock.claude("GET", path).json
        #expect(done?["processing_status"]?.string == "ended")
        #expect(done?["request_counts"]?["succeeded"]?.int == 1)
        #expect(done?["request_counts"]?["errored"]?.int == 1)
        #expect(done?["results_url"]?.string == "http://localhost/anthropic/\(path)/results")
        let lines = try mock.claude("GET", path + "/results").body.split(separator: "\n")
        let results = try lines.map { try JSON.parse(Array($0.utf8)) }
        #expect(results.map { $0["result"]?["type"]?.string } == ["succeeded", "errored"])
        let usage = results.first?["result"]?["message"]?["usage"]
        #expect(usage?["service_tier"]?.string == "batch")
        #expect(usage?["output_tokens"]?.int == Int64(mock.server.ledger.total.completionTokens))
        #expect(try mock.claude("POST", path + "/cancel").status == 400)
        #expect(try mock.claude("DELETE", path).json?["type"]?.string == "message_batch_deleted")
        #expect(try mock.claude("GET", path).status == 404)
        await mock.stop()
    }

    @Test("Files can be uploaded, listed, read and deleted, with the beta header")
    func files() async throws {
        let mock = try Mock()
        let headers = ["x-api-key: sk-ant-test", "anthropic-version: 2023-06-01"]
        let beta = headers + ["anthropic-beta: files-api-2025-04-14"]
        let form =
            "--B\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\nContent-Type: text/plain\r\n"
            + "\r\nhello\r\n--B--\r\n"
        let type = ["Content-Type: multipart/form-data; boundary=B"]
        let file = try mock.claude("POST", "v1/files", form, headers: beta + type).json
        let id = try #require(file?["id"]?.string)
        #expect(id.hasPrefix("file_011"))
        #expect(file?["size_bytes"]?.int == 5)
        #expect(file?["mime_type"]?.string == "text/plain")
        #expect(try mock.claude("GET", "v1/files", headers: beta).json?["first_id"]?.string == id)
        #expect(try mock.claude("GET", "v1/files/\(id)", headers: beta).json == file)
        #expect(try mock.claude("GET", "v1/files/\(id)/content", headers: beta).status == 400)
        #expect(try mock.claude("GET", "v1/files/\(id)", headers: headers).status == 404)
        #expect(try mock.claude("DELETE", "v1/files/\(id)", headers: beta).json?["type"]?.string == "file_deleted")
        #expect(try mock.claude("GET", "v1/files/\(id)", headers: beta).status == 404)
        await mock.stop()
    }
}
