import Chat
import JSON
import Testing

@testable import Providers

/// What the fixtures in `Fixtures/Baidu` do not cover: access tokens, usage during a stream, embeddings, pictures.
@Suite("Baidu")
struct BaiduTests {
    private static let call = ProviderCall(
        channel: ProviderChannel(type: 15, baseURL: "", key: "ak|sk"), model: "Embedding-V1", accessToken: "24.tok")

    struct Refusal: Sendable, CustomTestStringConvertible {
        var status: Int
        var body: String
        var kind: UpstreamFailure.Kind
        var clientStatus: Int
        var testDescription: String { "\(status) \(body)" }
    }

    static let refusals = [
        Refusal(
            status: 401, body: #"{"error":"invalid_client","error_description":"unknown client id"}"#,
            kind: .authentication, clientStatus: 401),
        Refusal(
            status: 200, body: #"{"error":"invalid_client","error_description":"Client authentication failed"}"#,
            kind: .authentication, clientStatus: 401),
        Refusal(
            status: 400, body: #"{"error":"invalid_grant","error_description":"revoked"}"#, kind: .authentication,
            clientStatus: 401),
        Refusal(status: 500, body: #"{"error":"server_error"}"#, kind: .server, clientStatus: 502),
        Refusal(status: 503, body: "{}", kind: .server, clientStatus: 502),
        Refusal(status: 200, body: "{}", kind: .server, clientStatus: 502),
        Refusal(
            status: 400, body: #"{"error":"unsupported_grant_type"}"#, kind: .server, clientStatus: 502),
        Refusal(status: 429, body: #"{"error":"slow_down"}"#, kind: .rateLimited, clientStatus: 429),
        Refusal(
            status: 200, body: #"{"error_code":4,"error_msg":"Open api request limit reached"}"#, kind: .rateLimited,
            clientStatus: 429),
    ]

    @Test("only errors about the key count as a bad key", arguments: refusals)
    func tokenRefusal(_ refusal: Refusal) {
        let failure = #expect(throws: UpstreamFailure.self) {
            try Baidu().accessToken(from: Array(refusal.body.utf8), status: refusal.status)
        }
        #expect(failure?.kind == refusal.kind)
        #expect(failure?.status == refusal.clientStatus)
    }

    @Test("usage is reported with the event that brings it, and only when it changed")
    func usage() {
        func event(_ text: String, _ completion: Int) -> [UInt8] {
            Array(
                """
                data: {"id":"as-1","is_end":false,"result":"\(text)",\
                "usage":{"prompt_tokens":6,"completion_tokens":\(completion),"total_tokens":\(6 + completion)}}\n\n
                """.utf8)
        }
        var decoder = Baidu().decoder()
        var told: [Int64?] = []
        for (text, completion) in [("a", 1), ("b", 1), ("c", 3)] {
            var events: [ChatEvent] = []
            decoder.feed(event(text, completion), into: &events)
            told.append(ChatAnswer(events).usage?.completionTokens)
        }
        #expect(told == [1, nil, 3])
    }

    @Test("an answer without counts has no usage, instead of a usage of zero")
    func noUsage() throws {
        for usage in ["{}", #"{"prompt_tokens":0,"completion_tokens":0,"total_tokens":0}"#, "null"] {
            let body = Array(#"{"id":"as-1","result":"x","usage":\#(usage)}"#.utf8)
            #expect(ChatAnswer(try Baidu().decode(body, status: 200, contentType: nil)).usage == nil)
        }
    }

    @Test("a vector size is refused unless it is the model's own")
    func dimensions() throws {
        var request = EmbeddingRequest(model: "m", inputs: [.text("x")], dimensions: 256)
        let error = #expect(throws: RequestError.self) { try Baidu().encode(request, for: Self.call) }
        #expect(error?.parameter == "dimensions")
        request.dimensions = 384
        let encoded = try Baidu().encode(request, for: Self.call)
        #expect(String(decoding: encoded.body, as: UTF8.self) == #"{"input":["x"]}"#)
        #expect(
            encoded.url
                == "https://aip.baidubce.com/rpc/2.0/ai_custom/v1/wenxinworkshop/embeddings/embedding-v1?access_token=24.tok"
        )
    }

    @Test("a request for pictures is translated to Baidu's members")
    func picture() throws {
        var request = ImageRequest(model: "m", prompt: "a fox")
        (request.count, request.size, request.style, request.quality) = (2, "1024x1024", "vivid", "hd")
        request.user = "u1"
        var call = Self.call
        call.model = "Stable-Diffusion-XL"
        let encoded = try Baidu().encode(request, for: call)
        #expect(encoded.url.contains("/text2image/sd_xl?"))
        #expect(
            String(decoding: encoded.body, as: UTF8.self)
                == #"{"prompt":"a fox","n":2,"size":"1024x1024","user_id":"u1"}"#)
        request.count = 5
        #expect(#expect(throws: RequestError.self) { try Baidu().encode(request, for: call) }?.parameter == "n")
        (request.count, request.responseFormat) = (1, "url")
        let error = #expect(throws: RequestError.self) { try Baidu().encode(request, for: call) }
        #expect(error?.parameter == "response_format")
    }

    @Test("pictures are decoded, and an answer without pictures is an error")
    func pictures() throws {
        let body = #"{"created":7,"data":[{"b64_image":"aGk=","index":0},{"index":1}]}"#
        guard case .done(let answer) = try Baidu().decodeImages(Array(body.utf8), status: 200, for: Self.call) else {
            Issue.record("the pictures are not done")
            return
        }
        #expect(answer == ImageAnswer(created: 7, images: [.init(.base64(type: "image/png", data: "aGk="))]))
        for empty in ["{}", #"{"data":[]}"#, #"{"error_code":336003,"error_msg":"prompt is invalid"}"#] {
            #expect(throws: UpstreamFailure.self) {
                try Baidu().decodeImages(Array(empty.utf8), status: 200, for: Self.call)
            }
        }
    }
}
