import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct MockEndpointTests {
    private func form(_ parts: [(head: String, body: String)]) -> String {
        parts.map { "--XX\r\nContent-Disposition: form-data; \($0.head)\r\n\r\n\($0.body)\r\n" }.joined() + "--XX--\r\n"
    }

    @Test("Embeddings have length one, even shortened ones, and are the same for the same text")
    func embeddings() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"text-embedding-3-small\",\"input\":[\"a\",\"a\",\"b\"],\"dimensions\":64}"
        let reply = try mock.send("POST", "/v1/embeddings", body)
        let items = reply.json?["data"]?.array ?? []
        let vectors = items.map { item in (item["embedding"]?.array ?? []).compactMap(\.double) }
        #expect(vectors.count == 3)
        for vector in vectors {
            #expect(vector.count == 64)
            var square = 0.0
            for value in vector { square += value * value }
            #expect(abs(square - 1) < 1e-5)
        }
        #expect(vectors[0] == vectors[1])
        #expect(vectors[0] != vectors[2])
        #expect(reply.header("openai-model") == "text-embedding-3-small")
        await mock.stop()
    }

    @Test("A transcription is read from a form, whatever the order of its parts")
    func transcription() async throws {
        let mock = try Mock()
        let file = (head: "name=\"file\"; filename=\"a.wav\"", body: "RIFF0000WAVE")
        let model = (head: "name=\"model\"", body: "whisper-1")
        for parts in [[file, model], [model, file]] {
            let reply = try mock.send(
                "POST", "/v1/audio/transcriptions", form(parts), type: "multipart/form-data; boundary=XX")
            #expect(reply.json?["text"]?.string?.isEmpty == false)
            #expect(reply.json?["usage"]?["type"]?.string == "duration")
        }
        await mock.stop()
    }

    @Test(
        "A broken form is refused",
        arguments: [
            ("", "multipart/form-data; boundary=XX"), ("--XX\r\n", "multipart/form-data; boundary=XX"),
            ("--XX--", "multipart/form-data"), ("--YY--", "multipart/form-data; boundary=XX"),
            ("--XX\r\nNo-Name: 1\r\n\r\nx\r\n--XX--", "multipart/form-data; boundary=XX"),
            ("--XX\r\nContent-Disposition: form-data; name=\"a\"\r\n\r\nx", "multipart/form-data; boundary=XX"),
        ])
    func badForms(body: String, type: String) async throws {
        let mock = try Mock()
        let reply = try mock.send("POST", "/v1/audio/transcriptions", body, type: type)
        #expect(reply.status == 400)
        #expect(reply.error?["message"]?.string?.isEmpty == false)
        await mock.stop()
    }

    @Test("Completions number their choices by prompt and choice")
    func completions() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"gpt-3.5-turbo-instruct\",\"prompt\":[\"a\",\"b\"],\"n\":2,\"max_tokens\":3}"
        let reply = try mock.send("POST", "/v1/completions", body)
        #expect(reply.json?["choices"]?.array?.compactMap { $0["index"]?.int } == [0, 1, 2, 3])
        #expect(reply.json?["usage"]?["completion_tokens"]?.int == 12)
        await mock.stop()
    }

    @Test("Models are listed and found; an encoded name is decoded")
    func models() async throws {
        let mock = try Mock()
        let list = try mock.send("GET", "/openai/v1/models")
        #expect((list.json?["data"]?.array?.count ?? 0) > 30)
        #expect(try mock.send("GET", "/v1/models/ft:gpt-4o-mini-2024-07-18%3Aacme%3A%3AB1mock01").status == 200)
        #expect(try mock.send("GET", "/v1/models/nope").error?["code"]?.string == "model_not_found")
        await mock.stop()
    }

    @Test("Moderations have thirteen categories in order")
    func moderations() async throws {
        let mock = try Mock()
        let reply = try mock.send("POST", "/v1/moderations", "{\"input\":\"mock-flag\"}")
        let result = reply.json?["results"]?[0]
        #expect(result?["flagged"]?.bool == true)
        #expect(result?["categories"]?.object?.members.count == 13)
        #expect(result?["categories"]?.object?.members.first?.key == "harassment")
        await mock.stop()
    }

    @Test("Images: an address or base64, depending on the model")
    func images() async throws {
        let mock = try Mock()
        let old = try mock.send("POST", "/v1/images/generations", "{\"prompt\":\"x\"}")
        #expect(old.json?["data"]?[0]?["url"]?.string?.hasPrefix("https://") == true)
        let new = try mock.send("POST", "/v1/images/generations", "{\"prompt\":\"x\",\"model\":\"gpt-image-1\"}")
        #expect(new.json?["data"]?[0]?["b64_json"]?.string?.hasPrefix("iVBORw0KGgo") == true)
        #expect(new.json?["usage"]?["output_tokens"]?.int == 272)
        await mock.stop()
    }

    @Test("Speech has the bytes of its format")
    func speech() async throws {
        let mock = try Mock()
        let body = "{\"model\":\"tts-1\",\"voice\":\"alloy\",\"input\":\"Hi\",\"response_format\":\"wav\"}"
        let reply = try mock.send("POST", "/v1/audio/speech", body)
        #expect(reply.header("content-type") == "audio/wav")
        #expect(reply.body.hasPrefix("RIFF"))
        await mock.stop()
    }

    @Test("The greeting lists the registered prefixes")
    func greeting() async throws {
        let mock = try Mock()
        let body = try mock.send("GET", "/").body
        for prefix in ["/openai/v1/", "/v1/", "/anthropic/", "/azure/"] { #expect(body.contains("\n\(prefix)\n")) }
        await mock.stop()
    }
}
