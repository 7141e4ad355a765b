import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Pictures in another form than the one that was asked for, or than their content type says.
@Suite(.inTurn) struct PictureFormTests {
    private static let event =
        #"{"type":"image_generation.completed","b64_json":"AA","created_at":7,"quality":"low","usage":{"input_tokens":2,"output_tokens":272}}"#
    private static let stream =
        #"event: image_generation.partial_image"# + "\n"
        + #"data: {"type":"image_generation.partial_image","b64_json":"P"}"# + "\n\n"
        + "event: image_generation.completed\ndata: \(event)"

    private func answer(
        _ body: String, type: String, isStream: Bool
    ) async throws -> (status: Int, head: String, body: String, quota: Int64?) {
        let fixture = try await GatewayFixture { _ in
            .whole(HTTPResponse(headers: ["Content-Type": type], body: Array(body.utf8)))
        }
        try fixture.addChannel(["models": "gpt-image-1"])
        let body: JSON = ["model": "gpt-image-1", "prompt": "x", "stream": .bool(isStream)]
        let reply = try fixture.post("/v1/images/generations", body.encoded())
        return (reply.status, reply.head.lowercased(), reply.body, try fixture.lastLog()?["quota"]?.int)
    }

    private static let quota: Int64 = 5 + 272 * 20

    @Test("a stream is one whatever its type, and its last event may lack its blank line")
    func typedStream() async throws {
        for type in ["application/json", "text/event-stream"] {
            let reply = try await answer(Self.stream, type: type, isStream: true)
            #expect(reply.status == 200 && reply.head.contains("content-type: text/event-stream"))
            #expect(reply.body == Self.stream + "\n\n" && reply.quota == Self.quota)
        }
    }

    @Test("a stream where a whole answer was asked for is gathered into one")
    func streamAsWhole() async throws {
        for type in ["application/json", "text/event-stream"] {
            let reply = try await answer(Self.stream, type: type, isStream: false)
            #expect(reply.status == 200 && reply.head.contains("content-type: application/json"))
            let body = try JSON.parse(Array(reply.body.utf8))
            #expect(body["data"] == [["b64_json": "AA"]] && body["created"]?.int == 7 && body["quality"] == "low")
            #expect(body["usage"]?["output_tokens"]?.int == 272 && reply.quota == Self.quota)
        }
    }

    @Test("an error in a stream where a whole answer was asked for is one")
    func errorAsWhole() async throws {
        let error = #"data: {"error":{"message":"no such thing","type":"invalid_request_error"}}"#
        let reply = try await answer(error, type: "text/event-stream", isStream: false)
        #expect(reply.status == 400 && reply.body.contains("no such thing") && reply.quota == nil)
    }

    @Test("a whole answer that is typed as a stream becomes one")
    func wholeAsStream() async throws {
        let whole = #"{"created":7,"data":[{"b64_json":"AA"}],"usage":{"input_tokens":2,"output_tokens":272}}"#
        let reply = try await answer(whole, type: "text/event-stream", isStream: true)
        #expect(reply.status == 200 && reply.head.contains("content-type: text/event-stream"))
        #expect(reply.body.contains(#""b64_json":"AA""#) && reply.quota == Self.quota)
    }
}
