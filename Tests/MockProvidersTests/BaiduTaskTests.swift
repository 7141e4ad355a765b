import JSON
import MockKit
import TestTraits
import Testing

@Suite(.inTurn) struct BaiduTaskTests {
    @Test("Embeddings have the model's size, in both versions")
    func embeddings() async throws {
        let mock = try Mock()
        let reply = try mock.workshop("embeddings/embedding-v1", "{\"input\":[\"a\",\"b\"]}")
        #expect(reply.json?.names == ["id", "object", "created", "data", "usage"])
        #expect(reply.json?["object"]?.string == "embedding_list")
        #expect(reply.json?["data"]?.array?.map { $0["embedding"]?.array?.count ?? 0 } == [384, 384])
        #expect(reply.json?["data"]?[1]?.names == ["object", "embedding", "index"])
        #expect(reply.json?["usage"]?.names == ["prompt_tokens", "total_tokens"])
        #expect(mock.server.ledger.total.promptTokens == Int(reply.json?["usage"]?["total_tokens"]?.int ?? 0))
        let tao = try mock.workshop("embeddings/tao_8k", "{\"input\":[\"a\"]}")
        #expect(tao.json?["data"]?[0]?["embedding"]?.array?.count == 1024)
        let second = try mock.qianfan("embeddings", "{\"model\":\"bge-large-zh\",\"input\":[\"a\"]}")
        #expect(second.json?.names == ["id", "object", "created", "model", "data", "usage"])
        #expect(second.json?["data"]?[0]?["embedding"]?.array?.count == 1024)
        await mock.stop()
    }

    @Test(
        "Embeddings refuse a plain string, too many texts and long ones",
        arguments: [
            ("embedding-v1", "\"a\"", 336_001), ("embedding-v1", "[]", 336_003), ("embedding-v1", "[\"\"]", 336_003),
            ("embedding-v1", "[\(Array(repeating: "\"a\"", count: 17).joined(separator: ","))]", 336_003),
            ("tao_8k", "[\"a\",\"b\"]", 336_003),
            ("bge_large_en", "[\"\(String(repeating: "a", count: 1001))\"]", 336_103),
        ])
    func badEmbeddings(endpoint: String, input: String, code: Int64) async throws {
        let mock = try Mock()
        let reply = try mock.workshop("embeddings/\(endpoint)", "{\"input\":\(input)}")
        #expect(reply.status == 200)
        #expect(reply.errorCode == code)
        await mock.stop()
    }

    @Test("Documents are sorted by score")
    func rerank() async throws {
        let mock = try Mock()
        let body = "\"query\":\"green grass\",\"documents\":[\"the sky\",\"green grass\",\"a green car\"],\"top_n\":2"
        let reply = try mock.workshop("reranker/bce_reranker_base", "{\(body)}")
        #expect(reply.json?["object"]?.string == "rerank_list")
        #expect(reply.json?["results"]?.array?.compactMap { $0["index"]?.int } == [1, 2])
        #expect(reply.json?["results"]?[0]?.names == ["document", "relevance_score", "index"])
        for route in ["rerankers", "rerank"] {
            let second = try mock.qianfan(route, "{\"model\":\"bce-reranker-base\",\(body)}")
            #expect(second.json?["results"] == reply.json?["results"])
        }
        #expect(try mock.workshop("reranker/bce_reranker_base", "{\"query\":\"a\"}").errorCode == 336_003)
        await mock.stop()
    }

    @Test("Pictures are base64 in the workshop and addresses on the platform")
    func pictures() async throws {
        let mock = try Mock()
        let reply = try mock.workshop("text2image/sd_xl", "{\"prompt\":\"a cat\",\"n\":2,\"size\":\"1024x1024\"}")
        #expect(reply.json?["object"]?.string == "image")
        #expect(reply.json?["data"]?.array?.map { $0["b64_image"]?.string?.hasPrefix("iVBOR") } == [true, true])
        let second = try mock.qianfan("images/generations", "{\"model\":\"irag-1.0\",\"prompt\":\"a cat\"}")
        #expect(second.json?["data"]?[0]?["url"]?.string?.hasPrefix("https://") == true)
        let unsafe = try mock.qianfan("images/generations", "{\"model\":\"irag-1.0\",\"prompt\":\"mock-blocked\"}")
        #expect(unsafe.status == 400)
        #expect(unsafe.error?["type"]?.string == "unsafe_request")
        #expect(try mock.workshop("text2image/sd_xl", "{\"prompt\":\"a\",\"n\":5}").errorCode == 336_003)
        #expect(try mock.workshop("text2image/sd_xl", "{\"prompt\":\"a\",\"size\":\"1x1\"}").errorCode == 336_003)
        await mock.stop()
    }

    @Test("Completions, image descriptions, plugins and the tokenizer answer in their own formats")
    func others() async throws {
        let mock = try Mock()
        let completion = try mock.workshop("completions/sqlcoder_7b", "{\"prompt\":\"Hi\"}")
        #expect(completion.json?["object"]?.string == "completion")
        #expect(completion.json?["is_safe"]?.int == 1)
        let seen = try mock.workshop("image2text/fuyu_8b", "{\"prompt\":\"What?\",\"image\":\"aGVsbG8=\"}")
        #expect(seen.result?.contains("one image") == true)
        #expect(try mock.workshop("image2text/fuyu_8b", "{\"prompt\":\"a\",\"image\":\"?\"}").errorCode == 336_003)
        let plugin = try mock.workshop("plugin/mock-plugin/", "{\"query\":\"Hi\",\"stream\":true}")
        #expect(plugin.body.hasPrefix("event: chat\ndata: {\"id\":\"as-"))
        let turn = "{\"messages\":[{\"role\":\"user\",\"content\":\"Hi\"}],\"plugins\":[\"uuid-weatherforecast\"]}"
        for name in ["plugins", "plugin"] { #expect(try mock.workshop("erniebot/\(name)", turn).result != nil) }
        let counted = try mock.workshop("tokenizer/erniebot", "{\"prompt\":\"hello there\"}")
        #expect(counted.json?["usage"]?["total_tokens"]?.int == 2)
        await mock.stop()
    }
}
