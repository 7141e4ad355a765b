import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct AzureEndpointTests {
    private static let version = "?api-version=2024-10-21"

    private func form(_ parts: [(head: String, body: String)]) -> String {
        parts.map { "--XX\r\nContent-Disposition: form-data; \($0.head)\r\n\r\n\($0.body)\r\n" }.joined() + "--XX--\r\n"
    }

    @Test("The model list has the models that could be deployed with Azure's fields, or in v1 with OpenAI's")
    func models() async throws {
        let mock = try Mock()
        let list = try mock.azure("GET", "models" + Self.version)
        let items = list.json?["data"]?.array ?? []
        let names = items.compactMap { $0["id"]?.string }
        #expect(names.contains("gpt-4o-2024-11-20") && names.contains("gpt-35-turbo"))
        #expect(!names.contains("gpt-4o"))
        #expect(Set(names).count == names.count)
        let first = try #require(items.first)
        #expect(
            first.object?.members.map(\.key) == [
                "capabilities", "lifecycle_status", "deprecation", "status", "created_at", "object", "id",
            ])
        #expect(try mock.azure("GET", "models/gpt-4o-2024-11-20" + Self.version).status == 200)
        #expect(try mock.azure("GET", "models/nope" + Self.version).status == 404)
        let plain = try mock.azure("GET", "v1/models").json?["data"]?[0]
        #expect(plain?.object?.members.map(\.key) == ["id", "object", "created", "owned_by"])
        await mock.stop()
    }

    @Test("Embeddings are OpenAI's, and are charged under Azure's request id")
    func embeddings() async throws {
        let mock = try Mock()
        let path = "deployments/text-embedding-3-small/embeddings" + Self.version
        let reply = try mock.azure("POST", path, "{\"input\":[\"a\",\"b\"],\"dimensions\":8}")
        #expect(reply.json?["data"]?[1]?["embedding"]?.array?.count == 8)
        #expect(reply.json?["model"]?.string == "text-embedding-3-small")
        #expect(reply.header("openai-model") == nil)
        #expect(mock.server.ledger.entries.last?.id == reply.header("x-request-id"))
        #expect(mock.server.ledger.total.promptTokens == reply.json?["usage"]?["prompt_tokens"]?.int.map(Int.init))
        let bad = try mock.azure("POST", path, "{\"input\":[]}")
        #expect(bad.error?["code"]?.string == "BadRequest")
        #expect(bad.error?["message"]?.string?.hasPrefix("'$.input' is invalid.") == true)
        await mock.stop()
    }

    @Test("Completions are answered, and their prompt is filtered")
    func completions() async throws {
        let mock = try Mock()
        let path = "deployments/gpt-35-turbo-instruct/completions" + Self.version
        let reply = try mock.azure("POST", path, "{\"prompt\":\"One\",\"max_tokens\":3}")
        #expect(reply.json?["object"]?.string == "text_completion")
        #expect(reply.json?["model"]?.string == "gpt-35-turbo-instruct")
        #expect(reply.json?["usage"]?["completion_tokens"]?.int == 3)
        let blocked = try mock.azure("POST", path, "{\"prompt\":\"mock-blocked\"}")
        #expect(blocked.error?["code"]?.string == "content_filter")
        await mock.stop()
    }

    @Test("Images are generated; a blocked prompt gets inner_error with content_filter_results")
    func images() async throws {
        let mock = try Mock()
        let path = "deployments/dall-e-3/images/generations" + Self.version
        let reply = try mock.azure("POST", path, "{\"prompt\":\"A cube\"}")
        #expect(reply.json?["data"]?[0]?["url"]?.string?.hasPrefix("https://") == true)
        #expect(reply.json?["data"]?[0]?["revised_prompt"] != nil)
        let blocked = try mock.azure("POST", path, "{\"prompt\":\"mock-blocked\"}")
        #expect(blocked.status == 400)
        #expect(blocked.error?.object?.members.map(\.key) == ["code", "message", "inner_error"])
        #expect(blocked.error?["code"]?.string == "content_policy_violation")
        let inner = blocked.error?["inner_error"]
        #expect(inner?["content_filter_results"]?["violence"]?["filtered"]?.bool == true)
        let parts = [("name=\"image\"; filename=\"a.webp\"", "RIFF0000WEBPVP8 "), ("name=\"prompt\"", "A hat")]
        let edit = try mock.azure(
            "POST", "deployments/gpt-image-1/images/edits" + Self.version, form(parts),
            type: "multipart/form-data; boundary=XX")
        #expect(edit.json?["data"]?[0]?["b64_json"] != nil)
        await mock.stop()
    }

    @Test("A picture in the version of 2023 is a task: not running, running, done, and charged once")
    func imageTasks() async throws {
        let mock = try Mock()
        let version = "?api-version=2023-06-01-preview"
        let order = try mock.azure("POST", "images/generations:submit" + version, "{\"prompt\":\"A cube\",\"n\":2}")
        #expect(order.status == 202)
        #expect(order.json?["status"]?.string == "notRunning")
        let id = try #require(order.json?["id"]?.string)
        let place = "/azure/openai/operations/images/\(id)\(version)"
        #expect(order.header("operation-location") == "http://localhost" + place)
        let looks = try (0..<3).map { _ in try mock.azure("GET", "operations/images/\(id)\(version)") }
        #expect(looks.map { $0.json?["status"]?.string } == ["running", "succeeded", "succeeded"])
        #expect(looks.last?.json?["result"]?["data"]?.array?.count == 2)
        #expect(mock.server.ledger.total(model: "dall-e-2").answers == 1)
        #expect(try mock.azure("DELETE", "operations/images/\(id)\(version)").status == 204)
        #expect(try mock.azure("GET", "operations/images/\(id)\(version)").status == 404)
        await mock.stop()
    }

    @Test("A blocked picture fails in the version of 2023, and later versions have no tasks")
    func failedTasks() async throws {
        let mock = try Mock()
        let version = "?api-version=2023-06-01-preview"
        let order = try mock.azure("POST", "images/generations:submit" + version, "{\"prompt\":\"mock-blocked\"}")
        let id = try #require(order.json?["id"]?.string)
        _ = try mock.azure("GET", "operations/images/\(id)\(version)")
        let failed = try mock.azure("GET", "operations/images/\(id)\(version)")
        #expect(failed.json?["status"]?.string == "failed")
        #expect(failed.error?["code"]?.string == "contentFilter")
        let late = try mock.azure("POST", "images/generations:submit" + Self.version, "{\"prompt\":\"A cube\"}")
        #expect(late.status == 404)
        #expect(try mock.azure("POST", "images/generations:submit" + version, "{\"prompt\":7}").status == 400)
        await mock.stop()
    }

    @Test("For audio the deployment decides, not the form's model")
    func audio() async throws {
        let mock = try Mock()
        for model in [[("name=\"model\"", "nobody")], []] {
            let parts = model + [("name=\"file\"; filename=\"a.wav\"", "RIFF0000WAVE")]
            for operation in ["transcriptions", "translations"] {
                let reply = try mock.azure(
                    "POST", "deployments/whisper-1/audio/\(operation)" + Self.version, form(parts),
                    type: "multipart/form-data; boundary=XX")
                #expect(reply.json?["text"]?.string?.isEmpty == false)
            }
        }
        let speech = try mock.azure(
            "POST", "deployments/tts-1/audio/speech" + Self.version, "{\"input\":\"Hi\",\"voice\":\"alloy\"}")
        #expect(speech.header("content-type") == "audio/mpeg")
        #expect(speech.header("apim-request-id") != nil)
        await mock.stop()
    }
}
