import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// What pictures cost if an upstream delivers more, fewer or none, or does not say how many.
@Suite(.inTurn) struct PictureChargeTests {
    private func charge(_ answer: String, model: String, _ more: JSONObject = [:]) async throws -> (Int64?, String?) {
        let fixture = try await GatewayFixture { _ in
            .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(answer.utf8)))
        }
        try fixture.addChannel(["models": .string(model)])
        var body: JSONObject = ["model": .string(model), "prompt": "x"]
        for member in more.members { body[member.key] = member.value }
        let reply = try fixture.call(
            "POST", "/v1/images/generations",
            headers: ["Authorization: Bearer sk-roottoken", "Content-Type: application/json"],
            body: JSON.object(body).encoded())
        #expect(reply.status == 200, "\(reply.body)")
        return (try fixture.lastLog()?["quota"]?.int, reply.body)
    }

    private static let picture = #"{"b64_json":"x"}"#

    static let numbers: [(came: Int, asked: Int64, charged: Int64)] = [
        (2, 2, 2), (1, 3, 1), (3, 2, 2), (0, 2, 0), (1, 1, 1),
    ]

    @Test("the pictures that came are charged, but not more than were asked for", arguments: numbers)
    func counts(came: Int, asked: Int64, charged: Int64) async throws {
        let data = [String](repeating: Self.picture, count: came).joined(separator: ",")
        let (quota, _) = try await charge(
            #"{"created":1,"data":[\#(data)]}"#, model: "dall-e-2", ["n": .int(asked), "size": "256x256"])
        #expect(quota == charged * 10_000)
    }

    @Test("if they cannot be counted, the pictures that were asked for are charged")
    func uncounted() async throws {
        let (quota, _) = try await charge(#"{"images":[{}]}"#, model: "dall-e-2", ["n": 2, "size": "256x256"])
        #expect(quota == 20_000)
    }

    static let untold: [(JSONObject, String, Int64)] = [
        (["quality": "low", "size": "1024x1024"], "", 272), (["quality": "high", "size": "1024x1536"], "", 6240),
        (["quality": "medium", "size": "1536x1024", "n": 2], "", 1568),
        ([:], #","quality":"low","size":"1536x1024""#, 400), ([:], "", 1584),
        (["quality": "high", "size": "2048x2048"], "", 16640),
    ]

    @Test("pictures without a reported usage are charged by size, quality and number", arguments: untold)
    func estimated(asked: JSONObject, look: String, tokens: Int64) async throws {
        let (quota, _) = try await charge(
            #"{"created":1\#(look),"data":[\#(Self.picture)]}"#, model: "gpt-image-1", asked)
        // The prompt is one token.
        #expect(quota == (tokens * 40 + 5 + 1) / 2)
    }

    @Test("pictures of the prompt and text of the answer have their own prices, and an impossible usage is cut")
    func usage() async throws {
        let told =
            #"{"data":[{}],"usage":{"input_tokens":110,"input_tokens_details":{"text_tokens":10,"image_tokens":100},"output_tokens":300,"output_tokens_details":{"image_tokens":272,"text_tokens":28}}}"#
        // 2.5 × (10 + 100 × 1.6 + 272 × 6.4 + 28 × 2), rounded up.
        let (quota, _) = try await charge(told, model: "gpt-image-1.5")
        #expect(quota == 4917)
        let lie = #"{"data":[{}],"usage":{"input_tokens":10,"output_tokens":999999999999}}"#
        let cut = try #require(try await charge(lie, model: "gpt-image-1").0)
        #expect(cut < ((1 << 17) + 1000) * 20)
    }

    @Test("if an upstream answers a stream request in one piece, the client still gets a stream")
    func asEvents() async throws {
        let (quota, body) = try await charge(
            #"{"created":7,"quality":"low","data":[{"b64_json":"AA"},{"b64_json":"BB"}],"usage":{"input_tokens":2,"output_tokens":544}}"#,
            model: "gpt-image-1", ["stream": true, "n": 2])
        #expect(
            body == """
                event: image_generation.completed
                data: {"type":"image_generation.completed","b64_json":"AA","created_at":7,"quality":"low"}

                event: image_generation.completed
                data: {"type":"image_generation.completed","b64_json":"BB","created_at":7,"quality":"low","usage":{"input_tokens":2,"output_tokens":544}}


                """)
        let expected: Int64 = 5 + 544 * 20
        #expect(quota == expected)
    }

    static let asked: [(JSONObject, Int64)] = [
        (["quality": "low", "size": "1024x1024"], 5443), ([:], 124_803), (["n": 3, "size": "1024x1024"], 249_603),
        (["quality": "max", "size": "3840x2160"], 2_632_503),
        (["quality": "low", "size": "1024x1024", "stream": true, "partial_images": 3], 11_443),
    ]

    @Test("the reservation covers what size, quality and number can cost", arguments: asked)
    func reserves(asked: JSONObject, quota: Int64) async throws {
        let fixture = try await GatewayFixture { _ in .error(500, "{}") }
        try fixture.addChannel(["models": "gpt-image-1"])
        let token = try fixture.manage(
            "POST", "/api/token/", ["name": "t", "remain_quota": .int(quota - 1), "unlimited_quota": false])
        let key = try #require(token["data"]?["key"]?.string)
        var body: JSONObject = ["model": "gpt-image-1", "prompt": "x"]
        for member in asked.members { body[member.key] = member.value }
        let bytes = JSON.object(body).encoded()
        func status() throws -> Int {
            try fixture.call(
                "POST", "/v1/images/generations",
                headers: ["Authorization: Bearer \(key)", "Content-Type: application/json"], body: bytes
            ).status
        }
        #expect(try status() == 403)
        let id = try #require(token["data"]?["id"]?.int)
        try fixture.manage(
            "PUT", "/api/token/",
            ["id": .int(id), "name": "t", "remain_quota": .int(quota), "unlimited_quota": false, "expired_time": -1])
        #expect(try status() == 500)
    }
}
