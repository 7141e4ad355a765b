import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AliEndpointTests {
    private static let synthesis = "api/v1/services/aigc/text2image/image-synthesis"
    private static let later = ["X-DashScope-Async: enable"]

    private func start(_ mock: Mock, _ prompt: String, n: Int = 1) throws -> String {
        let reply = try mock.ali(
            "POST", Self.synthesis,
            "{\"model\":\"wanx-v1\",\"input\":{\"prompt\":\"\(prompt)\"},\"parameters\":{\"size\":\"1024*1024\",\"n\":\(n)}}",
            headers: Self.later)
        return try #require(reply.output?["task_id"]?.string)
    }

    private func status(_ mock: Mock, _ id: String, key: String = "sk-ali") throws -> String? {
        try mock.ali("GET", "api/v1/tasks/\(id)", key: key).output?["task_status"]?.string
    }

    @Test("A picture is a task: pending, running, then an address that serves a picture, charged once")
    func picture() async throws {
        let mock = try Mock()
        let begun = try mock.ali(
            "POST", Self.synthesis, "{\"model\":\"wanx-v1\",\"input\":{\"prompt\":\"a cat\"}}", headers: Self.later)
        let id = try #require(begun.output?["task_id"]?.string)
        let request = try #require(begun.header("x-request-id"))
        #expect(
            begun.body
                == "{\"output\":{\"task_status\":\"PENDING\",\"task_id\":\"\(id)\"},\"request_id\":\"\(request)\"}")
        let running = try mock.ali("GET", "api/v1/tasks/\(id)")
        #expect(running.json?.object?.members.map(\.key) == ["request_id", "output"])
        #expect(
            running.output?.object?.members.map(\.key) == [
                "task_id", "task_status", "submit_time", "scheduled_time", "task_metrics",
            ])
        #expect(running.output?["submit_time"]?.string == "2025-10-09 16:53:20.817")
        #expect(mock.server.ledger.total.answers == 0)
        let done = try mock.ali("GET", "api/v1/tasks/\(id)")
        #expect(done.output?["task_status"]?.string == "SUCCEEDED")
        #expect(done.output?["task_metrics"] == ["TOTAL": 1, "SUCCEEDED": 1, "FAILED": 0])
        #expect(done.json?["usage"] == ["image_count": 1])
        let url = try #require(done.output?["results"]?.array?.first?["url"]?.string)
        #expect(url.hasPrefix("http://localhost/ali/oss/\(id)-1.png?Expires="))
        let found = try mock.ali("GET", String(url.dropFirst("http://localhost/ali/".count)), key: nil)
        #expect(found.status == 200 && found.header("content-type") == "image/png")
        #expect(try status(mock, id) == "SUCCEEDED")
        #expect(mock.server.ledger.total.answers == 1)
        await mock.stop()
    }

    @Test("Tasks wait, fail, fail in part, can be cancelled while pending, and belong to their key")
    func states() async throws {
        let mock = try Mock(seed: nil)
        let waiting = try start(mock, "mock-task-pending-1")
        #expect(try (0..<3).map { _ in try status(mock, waiting) } == ["PENDING", "RUNNING", "SUCCEEDED"])
        let suspended = try start(mock, "mock-task-suspend")
        #expect(try (0..<3).map { _ in try status(mock, suspended) } == ["RUNNING", "SUSPENDED", "SUCCEEDED"])
        let failing = try start(mock, "mock-task-fail")
        _ = try status(mock, failing)
        let failed = try mock.ali("GET", "api/v1/tasks/\(failing)")
        #expect(failed.status == 200)
        #expect(failed.output?["task_status"]?.string == "FAILED")
        #expect(failed.output?["code"]?.string == "InternalError")
        #expect(failed.json?["usage"] == nil)
        let blocked = try start(mock, "mock-blocked")
        _ = try status(mock, blocked)
        #expect(try mock.ali("GET", "api/v1/tasks/\(blocked)").output?["code"]?.string == "DataInspectionFailed")
        let partial = try start(mock, "mock-task-partial", n: 2)
        _ = try status(mock, partial)
        let part = try mock.ali("GET", "api/v1/tasks/\(partial)")
        #expect(part.output?["task_status"]?.string == "SUCCEEDED")
        #expect(part.output?["results"]?.array?.first?["code"] != nil)
        #expect(part.json?["usage"] == ["image_count": 1])
        let taken = try start(mock, "a dog")
        #expect(try status(mock, taken, key: "sk-other") == "UNKNOWN")
        #expect(try mock.ali("POST", "api/v1/tasks/\(taken)/cancel").status == 200)
        #expect(try status(mock, taken) == "CANCELED")
        let late = try mock.ali("POST", "api/v1/tasks/\(taken)/cancel")
        #expect(late.status == 400)
        #expect(late.json?.object?.members.map(\.key) == ["request_id", "code", "message"])
        #expect(late.code == "UnsupportedOperation")
        let unknown = try mock.ali("GET", "api/v1/tasks/nothing")
        #expect(unknown.status == 200)
        #expect(unknown.output == ["task_id": "nothing", "task_status": "UNKNOWN"])
        let list = try mock.ali("GET", "api/v1/tasks?page_no=1&page_size=2&status=SUCCEEDED")
        #expect(list.json?["total"]?.int == 3)
        #expect(list.json?["data"]?.array?.count == 2)
        await mock.stop()
    }

    @Test("Picture tasks need the header, a size with a star, and one to four pictures")
    func taskErrors() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"wanx-v1\",\"input\":{\"prompt\":\"a cat\"},\"parameters\":{\"size\":\"SIZE\",\"n\":N}}"
        func ask(_ size: String, _ n: Int, _ headers: [String]) throws -> Mock.Reply {
            let text = body.split(separator: "SIZE").joined(separator: size).split(separator: "N}").joined(
                separator: "\(n)}")
            return try mock.ali("POST", Self.synthesis, text, headers: headers)
        }
        let now = try ask("1024*1024", 1, [])
        #expect(now.status == 403)
        #expect(now.json?["message"]?.string == "current user api does not support synchronous calls.")
        #expect(try ask("1024x1024", 1, Self.later).code == "InvalidParameter")
        #expect(try ask("1024*1024", 5, Self.later).code == "InvalidParameter")
        #expect(
            try mock.ali("POST", Self.synthesis, "{\"model\":\"wanx-v1\",\"input\":{}}", headers: Self.later).status
                == 400)
        await mock.stop()
    }

    @Test("Other tasks: edits, videos and files of vectors; and a model that generates pictures synchronously")
    func otherTasks() async throws {
        let mock = try Mock(seed: nil)
        func run(_ path: String, _ body: String) throws -> Mock.Reply {
            let begun = try mock.ali("POST", "api/v1/services/\(path)", body, headers: Self.later)
            let id = begun.output?["task_id"]?.string ?? begun.body
            _ = try status(mock, id)
            return try mock.ali("GET", "api/v1/tasks/\(id)")
        }
        let edit = try run(
            "aigc/image2image/image-synthesis",
            "{\"model\":\"wanx2.1-imageedit\",\"input\":{\"base_image_url\":\"https://a.test/a.png\",\"prompt\":\"red\"}}"
        )
        #expect(edit.output?["results"]?.array?.count == 1)
        let back = try run(
            "aigc/background-generation/generation/",
            "{\"model\":\"wanx-background-generation-v2\",\"input\":{\"base_image_url\":\"https://a.test/a.png\"}}")
        #expect(back.output?["task_status"]?.string == "SUCCEEDED")
        let film = try run(
            "aigc/video-generation/video-synthesis", "{\"model\":\"wanx2.1-t2v-turbo\",\"input\":{\"prompt\":\"sea\"}}")
        #expect(film.output?["video_url"] != nil)
        let vectors = try run(
            "embeddings/text-embedding/text-embedding",
            "{\"model\":\"text-embedding-async-v1\",\"input\":{\"url\":\"https://a.test/a.txt\"}}")
        #expect(vectors.output?["url"]?.string?.contains(".txt.gz?") == true)
        let painted = try mock.askQwen(
            "{\"role\":\"user\",\"content\":[{\"text\":\"a cat\"}]}", model: "qwen-image",
            parameters: "\"size\":\"1328*1328\"", path: Mock.multimodal)
        #expect(painted.message?["content"]?.array?.first?["image"] != nil)
        #expect(painted.output?["task_metric"]?["TOTAL"]?.int == 1)
        #expect(painted.json?["usage"] == ["width": 1328, "height": 1328, "image_count": 1])
        await mock.stop()
    }

    @Test("Embeddings: sizes, sparse vectors, limits on the number of texts, and a usage of one counter")
    func embeddings() async throws {
        let mock = try Mock()
        func ask(_ model: String, _ texts: String, _ parameters: String = "") throws -> Mock.Reply {
            try mock.ali(
                "POST", "api/v1/services/embeddings/text-embedding/text-embedding",
                "{\"model\":\"\(model)\",\"input\":{\"texts\":\(texts)},\"parameters\":{\(parameters)}}")
        }
        let reply = try ask("text-embedding-v3", "[\"one\",\"two\"]")
        let vectors = try #require(reply.output?["embeddings"]?.array)
        #expect(vectors.first?.object?.members.map(\.key) == ["embedding", "text_index"])
        #expect(vectors.map { $0["embedding"]?.array?.count } == [1024, 1024])
        #expect(reply.json?["usage"]?.object?.members.map(\.key) == ["total_tokens"])
        #expect(Int64(mock.server.ledger.total.promptTokens) == reply.json?["usage"]?["total_tokens"]?.int)
        let old = try ask("text-embedding-v1", "[\"one\"]", "\"text_type\":\"query\"")
        #expect(old.output?["embeddings"]?.array?.first?["embedding"]?.array?.count == 1536)
        let both = try ask("text-embedding-v4", "[\"one\"]", "\"output_type\":\"dense&sparse\",\"dimension\":256")
        let item = both.output?["embeddings"]?.array?.first
        #expect(item?["embedding"]?.array?.count == 256)
        #expect(item?["sparse_embedding"]?.array?.first?.object?.members.map(\.key) == ["index", "value", "token"])
        let eleven = "[" + (1...11).map { "\"\($0)\"" }.joined(separator: ",") + "]"
        #expect(try ask("text-embedding-v3", eleven).status == 400)
        #expect(try ask("text-embedding-v2", eleven).status == 200)
        #expect(try ask("text-embedding-v3", "[\"a\"]", "\"dimension\":3").status == 400)
        #expect(try ask("text-embedding-v3", "[]").status == 400)
        #expect(try ask("text-embedding-v3", "[\"a\"]", "\"text_type\":\"x\"").status == 400)
        await mock.stop()
    }

    @Test("Multimodal embeddings, reranking and token counts")
    func others() async throws {
        let mock = try Mock()
        let seen = try mock.ali(
            "POST", "api/v1/services/embeddings/multimodal-embedding/multimodal-embedding",
            "{\"model\":\"multimodal-embedding-v1\",\"input\":{\"contents\":[{\"text\":\"a\"},{\"image\":\"https://a.test/a\"}]}}"
        )
        #expect(seen.output?["embeddings"]?.array?.compactMap { $0["type"]?.string } == ["text", "image"])
        let ranks = try mock.ali(
            "POST", "api/v1/services/rerank/text-rerank/text-rerank",
            """
            {"model":"gte-rerank","input":{"query":"green grass","documents":["blue sea","green grass grows"]},\
            "parameters":{"return_documents":true,"top_n":1}}
            """)
        let results = try #require(ranks.output?["results"]?.array)
        #expect(results.count == 1)
        #expect(results.first?["index"]?.int == 1)
        #expect(results.first?["document"] == ["text": "green grass grows"])
        let tokens = try mock.ali(
            "POST", "api/v1/tokenizer",
            "{\"model\":\"qwen-plus\",\"input\":{\"messages\":[{\"role\":\"user\",\"content\":\"two words\"}]}}")
        #expect(tokens.output?["tokens"]?.array?.compactMap(\.string).joined() == "two words")
        #expect(tokens.output?["token_ids"]?.array?.count == 2)
        #expect(tokens.json?["usage"] == ["input_tokens": 2])
        await mock.stop()
    }

    @Test("An application keeps its session, and streams its text")
    func applications() async throws {
        let mock = try Mock()
        let reply = try mock.ali(
            "POST", "api/v1/apps/app1/completion",
            """
            {"model":"","input":{"prompt":"Hi","session_id":"s1"},"parameters":{"has_thoughts":true,\
            "rag_options":{"pipeline_ids":["p"]}}}
            """)
        #expect(
            reply.output?.object?.members.map(\.key) == [
                "finish_reason", "session_id", "text", "thoughts", "doc_references",
            ])
        #expect(reply.output?["session_id"]?.string == "s1")
        #expect(reply.json?["usage"]?["models"]?.array?.first?["model_id"]?.string == "qwen-plus")
        let stream = try mock.ali(
            "POST", "api/v1/apps/app1/completion",
            "{\"input\":{\"prompt\":\"mock-tokens-2\"},\"parameters\":{\"incremental_output\":true}}",
            headers: ["X-DashScope-SSE: enable"])
        #expect(stream.results.count == 3)
        #expect(stream.results.last?["output"]?["finish_reason"]?.string == "stop")
        #expect(try mock.ali("POST", "api/v1/apps/mock-draft/completion", "{\"input\":{}}").code == "FlowNotPublished")
        await mock.stop()
    }
}
