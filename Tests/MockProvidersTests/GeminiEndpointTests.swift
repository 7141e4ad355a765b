import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct GeminiEndpointTests {
    private static let base: String = "/gemini/v1beta/"

    @Test("Counts agree with the answer's usage, in both forms, and cost nothing")
    func counts() async throws {
        let mock = try Mock()
        let content = "{\"contents\":[{\"parts\":[{\"text\":\"Say hello to Oslo.\"}]}]"
        let path = Self.base + "models/gemini-2.5-flash:countTokens"
        let plain = try mock.google("POST", path, content + "}")
        #expect(plain.json?["totalTokens"]?.int == 5)
        #expect(plain.json?["promptTokensDetails"] == [["modality": "TEXT", "tokenCount": 5]])
        let whole = "{\"generateContentRequest\":\(content),\"model\":\"models/gemini-2.5-flash\"}}"
        #expect(try mock.google("POST", path, whole).json?["totalTokens"]?.int == 5)
        #expect(mock.server.ledger.total.answers == 0)
        let missing = try mock.google("POST", Self.base + "models/nope:countTokens", content + "}")
        #expect(missing.error?["message"]?.string?.contains("is not supported for countTokens.") == true)
        await mock.stop()
    }

    @Test("Embeddings come singly and in batches, and shortened ones are the beginning of the full ones")
    func embeddings() async throws {
        let mock = try Mock()
        let model = "gemini-embedding-001"
        let content = "\"content\":{\"parts\":[{\"text\":\"hi\"}]}"
        let single = try mock.google("POST", Self.base + "models/\(model):embedContent", "{\(content)}")
        let full = try #require(single.json?["embedding"]?["values"]?.array)
        #expect(full.count == 3072)
        let requests = """
            {"requests":[{"model":"models/\(model)",\(content),"outputDimensionality":8},\
            {"model":"models/\(model)",\(content),"taskType":"RETRIEVAL_DOCUMENT","title":"t"}]}
            """
        let path = Self.base + "models/\(model):batchEmbedContents"
        let batch = try mock.google("POST", path, requests)
        #expect(batch.json?["embeddings"]?[0]?["values"]?.array == Array(full.prefix(8)))
        #expect(batch.json?["embeddings"]?[1]?["values"]?.array == full)
        #expect(batch.json?["usageMetadata"]?["promptTokenCount"]?.int == 2)
        #expect(batch.json?["usageMetadata"]?["promptTokenDetails"] != nil)
        #expect(mock.server.ledger.total.promptTokens == 3)
        let old = try mock.google("POST", Self.base + "models/text-embedding-004:embedContent", "{\(content)}")
        #expect(old.json?["embedding"]?["values"]?.array?.count == 768)
        #expect(old.json?["usageMetadata"] == nil)
        let stranger = "{\"requests\":[{\"model\":\"models/other\",\(content)}]}"
        #expect(try mock.google("POST", path, stranger).status == 400)
        let titled = "{\(content),\"title\":\"t\",\"taskType\":\"CLUSTERING\"}"
        #expect(try mock.google("POST", Self.base + "models/\(model):embedContent", titled).status == 400)
        let chat = try mock.google("POST", Self.base + "models/gemini-2.5-flash:batchEmbedContents", requests)
        #expect(chat.error?["message"]?.string?.contains("is not supported for embedContent.") == true)
        await mock.stop()
    }

    @Test("Models come in pages")
    func models() async throws {
        let mock = try Mock()
        var names: [String] = []
        var token = ""
        repeat {
            let page = try mock.google("GET", Self.base + "models?pageSize=7&pageToken=\(token)").json
            names += page?["models"]?.array?.compactMap { $0["name"]?.string } ?? []
            token = page?["nextPageToken"]?.string ?? ""
        } while !token.isEmpty
        #expect(Set(names).count == names.count)
        #expect(names.contains("models/gemini-2.5-flash"))
        let model = try mock.google("GET", Self.base + "models/gemini-2.5-flash").json
        #expect(
            model?.object?.members.map(\.key) == [
                "name", "version", "displayName", "description", "inputTokenLimit", "outputTokenLimit",
                "supportedGenerationMethods", "temperature", "topP", "topK", "maxTemperature", "thinking",
            ])
        #expect(model?["displayName"] == "Gemini 2.5 Flash")
        #expect(try mock.google("GET", Self.base + "models/nope").status == 404)
        #expect(try mock.google("GET", Self.base + "models?pageToken=x").status == 400)
        #expect(try mock.google("GET", Self.base + "tunedModels").json == [:])
        await mock.stop()
    }

    @Test("A cache is made, used, changed, listed and deleted")
    func caches() async throws {
        let mock = try Mock()
        let long = String(repeating: "word ", count: 1500)
        func body(_ text: String, ttl: String = "300s") -> String {
            "{\"model\":\"models/gemini-2.5-flash\",\"contents\":[{\"parts\":[{\"text\":\"\(text)\"}]}],\"ttl\":\"\(ttl)\"}"
        }
        let made = try mock.google("POST", Self.base + "cachedContents", body(long))
        let name = try #require(made.json?["name"]?.string)
        #expect(made.json?["createTime"] == "2025-10-09T08:53:20Z")
        #expect(made.json?["expireTime"] == "2025-10-09T08:58:20Z")
        let tokens = try #require(made.json?["usageMetadata"]?["totalTokenCount"]?.int)
        let used = try mock.generate("Hi", more: ",\"cachedContent\":\"\(name)\"")
        #expect(used.counts?["cachedContentTokenCount"]?.int == tokens)
        #expect(used.counts?["promptTokenCount"]?.int == tokens + 1)
        let mixed = ",\"cachedContent\":\"\(name)\"" + GeminiToolTests.tools
        #expect(try mock.generate("Hi", more: mixed).status == 400)
        let changed = try mock.google("PATCH", Self.base + name, "{\"ttl\":\"600s\"}")
        #expect(changed.json?["expireTime"] == "2025-10-09T09:03:20Z")
        #expect(try mock.google("GET", Self.base + "cachedContents").json?["cachedContents"]?.array?.count == 1)
        #expect(try mock.google("DELETE", Self.base + name).json == [:])
        #expect(try mock.google("GET", Self.base + name).status == 403)
        let brief = try mock.google("POST", Self.base + "cachedContents", body(long, ttl: "0s"))
        let gone = try #require(brief.json?["name"]?.string)
        #expect(try mock.google("GET", Self.base + gone).status == 403)
        #expect(try mock.generate("Hi", more: ",\"cachedContent\":\"\(gone)\"").status == 403)
        #expect(try mock.google("GET", Self.base + "cachedContents").json == [:])
        #expect(try mock.google("POST", Self.base + "cachedContents", body(long, ttl: "1h")).status == 400)
        let small = try mock.google("POST", Self.base + "cachedContents", body("Hi"))
        #expect(small.error?["message"]?.string?.hasPrefix("Cached content is too small.") == true)
        await mock.stop()
    }

    @Test("A file is uploaded in two steps, and in pieces")
    func files() async throws {
        let mock = try Mock()
        let start = try mock.google(
            "POST", "/gemini/upload/v1beta/files", "{\"file\":{\"mime_type\":\"text/plain\",\"size_bytes\":5}}")
        #expect(start.header("x-goog-upload-status") == "active")
        let url = try #require(start.header("x-goog-upload-url"))
        #expect(url.hasPrefix("http://localhost/gemini/upload/v1beta/files?upload_id="))
        let path = String(url.dropFirst("http://localhost".count))
        let part = try mock.google("POST", path, "hel", headers: ["X-Goog-Upload-Command: upload"])
        #expect(part.header("x-goog-upload-status") == "active")
        let end = try mock.google("POST", path, "lo", headers: ["X-Goog-Upload-Command: upload, finalize"])
        #expect(end.header("x-goog-upload-status") == "final")
        let file = try #require(end.json?["file"])
        #expect(file["sizeBytes"] == "5")
        #expect(file["state"] == "ACTIVE")
        let name = try #require(file["name"]?.string)
        let uri = try #require(file["uri"]?.string)
        let part2 =
            "{\"parts\":[{\"fileData\":{\"mimeType\":\"text/plain\",\"fileUri\":\"\(uri)\"}},{\"text\":\"Read.\"}]}"
        #expect(try mock.contents(part2).status == 200)
        #expect(try mock.google("GET", Self.base + "files").json?["files"]?[0]?["name"]?.string == name)
        #expect(try mock.google("DELETE", Self.base + name).json == [:])
        #expect(try mock.contents(part2).status == 403)
        await mock.stop()
    }

    @Test("Pictures come from the image models and from Imagen, and audio from the speech models")
    func media() async throws {
        let mock = try Mock()
        let painted = try mock.generate("A cat.", model: "gemini-2.5-flash-image")
        #expect(painted.parts.last?["inlineData"]?["mimeType"] == "image/png")
        #expect(painted.counts?["candidatesTokensDetails"]?[1] == ["modality": "IMAGE", "tokenCount": 1290])
        let streamed = try mock.generate("A cat.", model: "gemini-2.5-flash-image", verb: "streamGenerateContent")
        let counts = streamed.json?.array?.last?["usageMetadata"]
        #expect(counts?["candidatesTokenCount"] == painted.counts?["candidatesTokenCount"])
        let spoken = try mock.generate(
            "Hi", model: "gemini-2.5-flash-preview-tts",
            more: ",\"generationConfig\":{\"responseModalities\":[\"AUDIO\"]}")
        #expect(spoken.parts.first?["inlineData"]?["mimeType"]?.string?.hasPrefix("audio/L16") == true)
        let silent = ",\"generationConfig\":{\"responseModalities\":[\"IMAGE\"]}"
        #expect(try mock.generate("Hi", more: silent).status == 400)
        let imagen = try mock.google(
            "POST", Self.base + "models/imagen-4.0-generate-001:predict",
            "{\"instances\":[{\"prompt\":\"A cat.\"}],\"parameters\":{\"sampleCount\":2,\"aspectRatio\":\"1:1\"}}")
        #expect(imagen.json?["predictions"]?.array?.count == 2)
        #expect(imagen.json?["predictions"]?[0]?["mimeType"] == "image/png")
        await mock.stop()
    }
}
