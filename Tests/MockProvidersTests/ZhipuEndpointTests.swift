import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct ZhipuEndpointTests {
    @Test("Embeddings are floats of the requested size, with zero completion tokens")
    func embeddings() async throws {
        let mock = try Mock()
        let reply = try mock.zhipu(
            "POST", "v4/embeddings",
            "{\"model\":\"embedding-3\",\"input\":[\"one\",\"two\"],\"dimensions\":256,\"encoding_format\":\"base64\"}")
        #expect(reply.json?["object"] == "list")
        #expect(reply.json?["data"]?.array?.map { $0["embedding"]?.array?.count } == [256, 256])
        #expect(reply.usage == ["prompt_tokens": 2, "completion_tokens": 0, "total_tokens": 2])
        #expect(mock.server.ledger.total.promptTokens == 2)
        let older = try mock.zhipu("POST", "v4/embeddings", "{\"model\":\"embedding-2\",\"input\":\"x\"}")
        #expect(older.json?["data"]?[0]?["embedding"]?.array?.count == 1024)
        for body in [
            "{\"model\":\"embedding-2\",\"input\":\"x\",\"dimensions\":512}",
            "{\"model\":\"embedding-3\",\"input\":\"x\",\"dimensions\":300}",
            "{\"model\":\"embedding-3\",\"input\":[]}",
            "{\"model\":\"embedding-3\",\"input\":[1]}",
            "{\"model\":\"embedding-3\",\"input\":[\(Array(repeating: "\"x\"", count: 65).joined(separator: ","))]}",
        ] {
            #expect(try mock.zhipu("POST", "v4/embeddings", body).error?["code"]?.string == "1214")
        }
        await mock.stop()
    }

    @Test("A picture comes as an address with a filter result; sizes and members are checked")
    func images() async throws {
        let mock = try Mock()
        func paint(_ more: String, model: String = "cogview-4") throws -> Mock.Reply {
            try mock.zhipu("POST", "v4/images/generations", "{\"model\":\"\(model)\",\"prompt\":\"A cat\"\(more)}")
        }
        let reply = try paint(",\"size\":\"1024x1024\",\"quality\":\"hd\",\"n\":3")
        #expect(reply.json?.object?.members.map(\.key) == ["created", "data", "content_filter"])
        #expect(reply.json?["data"]?.array?.count == 1)
        #expect(reply.json?["data"]?[0]?["url"]?.string?.hasPrefix("https://") == true)
        #expect(mock.server.ledger.total.answers == 1)
        for more in [",\"size\":\"100x100\"", ",\"size\":\"1000x1000\"", ",\"quality\":\"best\""] {
            #expect(try paint(more).error?["code"]?.string == "1214")
        }
        #expect(try paint(",\"size\":\"512x512\"", model: "cogview-3").status == 400)
        #expect(try paint(",\"size\":\"768x1344\"", model: "cogview-3").status == 200)
        let blocked = try mock.zhipu(
            "POST", "v4/images/generations", "{\"model\":\"cogview-4\",\"prompt\":\"mock-blocked\"}")
        #expect(blocked.error?["code"]?.string == "1301")
        await mock.stop()
    }

    @Test("A chat's task runs, has ended when read the second time, is charged once, and keeps its id until then")
    func tasks() async throws {
        let mock = try Mock()
        let more = ",\"request_id\":\"request-7\""
        let path = "v4/async/chat/completions"
        let started = try mock.glmSay("mock-tokens-5", more: more, path: path)
        #expect(started.json?.object?.members.map(\.key) == ["id", "request_id", "model", "task_status"])
        #expect(started.json?["task_status"] == "PROCESSING")
        #expect(try mock.glmSay("Hi", more: more).error?["code"]?.string == "1231")
        let id = try #require(started.json?["id"]?.string)
        #expect(try mock.zhipu("GET", "v4/async-result/\(id)").json == started.json)
        #expect(mock.server.ledger.total.answers == 0)
        let done = try mock.zhipu("GET", "v4/async-result/\(id)")
        #expect(done.json?["task_status"] == "SUCCESS")
        #expect(done.content?.isEmpty == false)
        #expect(done.usage?["completion_tokens"]?.int == 53)
        #expect(try mock.zhipu("GET", "v4/async-result/\(id)").body == done.body)
        #expect(mock.server.ledger.total.answers == 1)
        #expect(try mock.glmSay("Hi", more: more).status == 200)
        #expect(try mock.zhipu("GET", "v4/async-result/7").error?["code"]?.string == "1214")
        await mock.stop()
    }

    @Test("A video is a task, and one with `mock-fail` fails")
    func videos() async throws {
        let mock = try Mock()
        for (prompt, state) in [("A cat", "SUCCESS"), ("mock-fail", "FAIL")] {
            let started = try mock.zhipu(
                "POST", "v4/videos/generations", "{\"model\":\"cogvideox-2\",\"prompt\":\"\(prompt)\",\"size\":null}")
            let id = try #require(started.json?["id"]?.string)
            _ = try mock.zhipu("GET", "v4/async-result/\(id)")
            let done = try mock.zhipu("GET", "v4/async-result/\(id)")
            #expect(done.json?["task_status"]?.string == state)
            #expect((done.json?["video_result"]?[0]?["cover_image_url"] != nil) == (state == "SUCCESS"))
        }
        #expect(mock.server.ledger.total.answers == 1)
        await mock.stop()
    }

    @Test("Moderations have their own shape")
    func moderations() async throws {
        let mock = try Mock()
        let reply = try mock.zhipu(
            "POST", "v4/moderations", "{\"model\":\"moderation\",\"input\":[\"fine\",\"mock-flag\",\"mock-doubt\"]}")
        let verdicts = try #require(reply.json?["result_list"]?.array)
        #expect(verdicts.map { $0["risk_level"]?.string } == ["PASS", "REJECT", "REVIEW"])
        #expect(verdicts.first == ["content_type": "text", "risk_level": "PASS", "risk_type": []])
        #expect(reply.usage?["prompt_tokens"]?.int == Int64(mock.server.ledger.total.promptTokens))
        await mock.stop()
    }

    @Test("Speech is bytes, and audio becomes text")
    func audio() async throws {
        let mock = try Mock()
        let wave = try mock.zhipu("POST", "v4/audio/speech", "{\"model\":\"cogtts\",\"input\":\"Hi\",\"voice\":\"a\"}")
        #expect(wave.header("content-type") == "audio/wav")
        #expect(wave.body.hasPrefix("RIFF"))
        let mp3 = "{\"model\":\"cogtts\",\"input\":\"Hi\",\"response_format\":\"mp3\"}"
        #expect(try mock.zhipu("POST", "v4/audio/speech", mp3).error?["code"]?.string == "1214")
        func part(_ name: String, _ value: String) -> String {
            "--b\r\nContent-Disposition: form-data; name=\"\(name)\"\r\n\r\n\(value)\r\n"
        }
        let form = part("model", "glm-asr") + part("file", "sound")
        let type = ["Content-Type: multipart/form-data; boundary=b"]
        let text = try mock.zhipu("POST", "v4/audio/transcriptions", form + "--b--\r\n", headers: type)
        #expect(text.json?["text"]?.string?.isEmpty == false)
        let stream = try mock.zhipu(
            "POST", "v4/audio/transcriptions", form + part("stream", "true") + "--b--\r\n", headers: type)
        #expect(stream.payloads.last?["type"] == "transcript.text.done")
        #expect(stream.events.last == "[DONE]")
        await mock.stop()
    }

    @Test("The web search works by itself and as a tool, whole and streamed")
    func search() async throws {
        let mock = try Mock()
        let found = try mock.zhipu(
            "POST", "v4/web_search", "{\"search_engine\":\"search_std\",\"search_query\":\"Oslo\"}")
        #expect(found.json?["search_result"]?[0]?["link"]?.string == "https://example.test/found")
        let turn = "\"messages\":[{\"role\":\"user\",\"content\":\"Oslo\"}]"
        let tool = try mock.zhipu("POST", "v4/tools", "{\"tool\":\"web-search-pro\",\(turn)}")
        #expect(
            tool.choice?["message"]?["tool_calls"]?.array?.map { $0["type"]?.string }
                == ["search_intent", "search_result"])
        let stream = try mock.zhipu("POST", "v4/tools", "{\"tool\":\"web-search-pro\",\"stream\":true,\(turn)}")
        #expect(stream.payloads.last?["choices"]?[0]?["finish_reason"] == "stop")
        await mock.stop()
    }

    @Test("Files are stored, listed, read and deleted")
    func files() async throws {
        let mock = try Mock()
        let form =
            "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\nhello\r\n--b--\r\n"
        let type = ["Content-Type: multipart/form-data; boundary=b"]
        let file = try mock.zhipu("POST", "v4/files", form, headers: type)
        #expect(file.json?["bytes"]?.int == 5)
        let id = try #require(file.json?["id"]?.string)
        let list = try mock.zhipu("GET", "v4/files?purpose=batch")
        #expect(list.json?["data"]?[0]?["filename"] == "a.jsonl")
        #expect(try mock.zhipu("GET", "v4/files/\(id)/content").body == "hello")
        #expect(try mock.zhipu("DELETE", "v4/files/\(id)").json?["deleted"]?.bool == true)
        #expect(try mock.zhipu("DELETE", "v4/files/\(id)").status == 400)
        await mock.stop()
    }

    @Test("A batch runs, has ended when read the second time with a file of answers, and is charged once")
    func batches() async throws {
        let mock = try Mock()
        func line(_ name: String, _ more: String) -> String {
            let turn = "{\"role\":\"user\",\"content\":\"mock-tokens-5\"}"
            return "{\"custom_id\":\"\(name)\",\"method\":\"POST\",\"url\":\"/v4/chat/completions\","
                + "\"body\":{\"model\":\"glm-4\",\"messages\":[\(turn)]\(more)}}\n"
        }
        let form =
            "--b\r\nContent-Disposition: form-data; name=\"purpose\"\r\n\r\nbatch\r\n"
            + "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.jsonl\"\r\n\r\n"
            + line("one", "") + line("two", ",\"temperature\":7") + "\r\n--b--\r\n"
        let type = ["Content-Type: multipart/form-data; boundary=b"]
        let file = try #require(try mock.zhipu("POST", "v4/files", form, headers: type).json?["id"]?.string)
        let order = "{\"input_file_id\":\"\(file)\",\"endpoint\":\"/v4/chat/completions\"}"
        let batch = try mock.zhipu("POST", "v4/batches", order)
        #expect(batch.json?["status"] == "in_progress")
        let id = try #require(batch.json?["id"]?.string)
        #expect(try mock.zhipu("GET", "v4/batches/\(id)").json?["status"] == "in_progress")
        let done = try mock.zhipu("GET", "v4/batches/\(id)")
        #expect(done.json?["request_counts"] == ["total": 2, "completed": 1, "failed": 1])
        let output = try #require(done.json?["output_file_id"]?.string)
        let lines = try mock.zhipu("GET", "v4/files/\(output)/content").body.split(separator: "\n")
        let answers = try lines.map { try JSON.parse(Array($0.utf8)) }
        #expect(answers.map { $0["custom_id"]?.string } == ["one", "two"])
        #expect(answers.map { $0["response"]?["status_code"]?.int } == [200, 400])
        _ = try mock.zhipu("GET", "v4/batches/\(id)")
        #expect(mock.server.ledger.total.answers == 1)
        #expect(mock.server.ledger.total.completionTokens == 5)
        let other = try #require(try mock.zhipu("POST", "v4/batches", order).json?["id"]?.string)
        #expect(try mock.zhipu("POST", "v4/batches/\(other)/cancel").json?["status"] == "cancelling")
        #expect(try mock.zhipu("GET", "v4/batches/\(other)").json?["status"] == "cancelled")
        #expect(try mock.zhipu("POST", "v4/batches/\(other)/cancel").status == 400)
        #expect(try mock.zhipu("GET", "v4/batches").json?["data"]?.array?.count == 2)
        await mock.stop()
    }
}
