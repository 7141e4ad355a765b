import HTTP
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// What is charged for pictures that the upstream made, or may have made, and that the client did not all receive.
@Suite(.inTurn) struct PictureLossTests {
    private static let all: Int64 = 500_000_000_000_000

    private func post(_ fixture: GatewayFixture, _ body: JSON) throws -> (status: Int, head: String, body: String) {
        try fixture.post("/v1/images/generations", body.encoded())
    }

    /// A gateway with two channels and three retries.
    private func fixture(
        _ channel: JSONObject, _ configuration: Configuration = Configuration(),
        upstream: @escaping @Sendable (StubUpstream.Call) -> StubUpstream.Answer
    ) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture(configuration, upstream: upstream)
        for _ in 0..<2 { try fixture.addChannel(channel) }
        try fixture.manage("PUT", "/api/option/", ["key": "RetryTimes", "value": "3"])
        return fixture
    }

    private static let told =
        #"{"type":"image_generation.completed","b64_json":"AA","quality":"low","size":"1024x1024","usage":{"input_tokens":2,"output_tokens":272}}"#
    private static let untold = #"{"type":"image_generation.completed","b64_json":"AA"}"#

    static let cuts: [(model: String, event: String, asked: JSONObject, quota: Int64)] = [
        // The reported usage of the first one, and as much for each of the two others that may have been painted.
        ("gpt-image-1", told, ["n": 3], 5 + 3 * 272 * 20),
        ("gpt-image-1", told, ["n": 1], 5 + 272 * 20),
        // Nothing was reported: all three by size and quality, and a prompt of one token.
        ("gpt-image-1", untold, ["n": 3, "quality": "low", "size": "1024x1024"], (3 * 272 * 40 + 5 + 1) / 2),
        ("dall-e-2", untold, ["n": 3, "size": "256x256"], 30_000),
    ]

    @Test(
        "if a stream breaks off, pictures that may have been made are charged like those that came",
        arguments: cuts)
    func cut(model: String, event: String, asked: JSONObject, quota: Int64) async throws {
        let fixture = try await fixture(["models": .string(model)]) { _ in .stream([event], isCut: true) }
        var body: JSONObject = ["model": .string(model), "prompt": "x", "stream": true]
        for member in asked.members { body[member.key] = member.value }
        let answer = try post(fixture, .object(body))
        #expect(answer.status == 200 && answer.body.contains(#"data: {"error":{"#), "\(answer.body)")
        #expect(try fixture.lastLog()?["quota"]?.int == quota)
        #expect(try fixture.rootQuota() == Self.all - quota)
        #expect(try fixture.logCount() == 1)
    }

    @Test(
        "an answer that begins and breaks off is charged as requested, and there is no retry",
        arguments: [true, false])
    func brokenOff(isStream: Bool) async throws {
        let gate = StubGate()
        gate.open()
        let fixture = try await fixture(["models": "dall-e-2"]) { _ in
            guard isStream else { return .stalled(gate, "{}") }
            return .heldBody(
                gate, HTTPResponse(headers: ["Content-Type": "text/event-stream"], body: Array(": wait\n\n".utf8)))
        }
        let answer = try post(
            fixture, ["model": "dall-e-2", "prompt": "x", "n": 2, "size": "256x256", "stream": .bool(isStream)])
        #expect(answer.status == 502, "\(answer.body)")
        #expect(fixture.upstream.calls.count == 1)
        #expect(try fixture.rootQuota() == Self.all - 20_000)
        #expect(try fixture.lastLog()?["content"]?.string?.contains("did not arrive") == true)
    }

    @Test("an answer that cannot be read may hold pictures, so it is charged", arguments: [true, false])
    func unreadable(isStream: Bool) async throws {
        let fixture = try await fixture(["models": "dall-e-2"]) { _ in
            if isStream { return .stream(["{broken"], isCut: false) }
            let body = Array(#"{"created":1,"data":[{"b64_json":"AA"#.utf8)
            return .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: body))
        }
        let answer = try post(
            fixture, ["model": "dall-e-2", "prompt": "x", "n": 2, "size": "256x256", "stream": .bool(isStream)])
        #expect(answer.status == 502, "\(answer.body)")
        #expect(fixture.upstream.calls.count == 1)
        #expect(try fixture.rootQuota() == Self.all - 20_000)
    }

    @Test("a web page instead of pictures proves that there are none")
    func page() async throws {
        let fixture = try await fixture(["models": "dall-e-2"]) { _ in
            .whole(HTTPResponse(headers: ["Content-Type": "text/html"], body: Array("<html></html>".utf8)))
        }
        let answer = try post(fixture, ["model": "dall-e-2", "prompt": "x", "size": "256x256"])
        #expect(answer.status == 502, "\(answer.body)")
        #expect(try fixture.rootQuota() == Self.all)
    }

    @Test("if there is no memory for pictures that were made, the request waits for it")
    func busy() async throws {
        var configuration = Configuration()
        configuration.allowsPrivateMedia = true
        let png: [UInt8] = [0x89, 0x50, 0x4e, 0x47] + [UInt8](repeating: 1, count: 2 << 20)
        let fixture = try await fixture(["type": 17, "models": "wanx2.1-t2i-turbo"], configuration) { call in
            if call.path.hasSuffix(".png") { return .whole(HTTPResponse(body: png)) }
            let url = "http://\(call.headers["Host"] ?? "")/a.png"
            let isBegun = call.path.hasSuffix("/image-synthesis")
            let state = isBegun ? #""PENDING""# : #""SUCCEEDED","results":[{"url":"\#(url)"}]"#
            let body = #"{"request_id":"r","output":{"task_id":"t","task_status":\#(state)}}"#
            return .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(body.utf8)))
        }
        let media = fixture.services.media
        var others: MediaHold? = MediaHold(media)
        // Leaves room for half of a picture.
        #expect(others?.take(configuration.mediaTotalBytes / MediaBudget.factor - (1 << 20)) == true)
        let taken = media.bytes
        let port = fixture.port
        let body: JSON = ["model": "wanx2.1-t2i-turbo", "prompt": "x", "response_format": "b64_json"]
        let asking = InBackground { () -> String in
            let client = try RawClient(port: port)
            let bytes = body.encoded()
            client.send(
                Array(
                    ("POST /v1/images/generations HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\n"
                        + "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n").utf8) + bytes)
            return client.receiveAnswer().body
        }
        #expect(await TestKit.eventually { fixture.upstream.calls.count { $0.path.hasSuffix(".png") } >= 2 })
        // A waiting request holds nothing, or two of them would wait for each other.
        #expect(await TestKit.eventually(seconds: 20) { media.bytes == taken })
        others = nil
        #expect(try await asking.result().contains("b64_json"))
        _ = others
    }

    @Test("an answer that the upstream refuses, or drops before it begins, costs nothing", arguments: [true, false])
    func refused(drops: Bool) async throws {
        let fixture = try await fixture(["models": "dall-e-2"]) { _ in drops ? .drop : .error(500, "{}") }
        for isStream in [true, false] {
            let answer = try post(
                fixture, ["model": "dall-e-2", "prompt": "x", "size": "256x256", "stream": .bool(isStream)])
            #expect(answer.status == (drops ? 502 : 500))
        }
        #expect(fixture.upstream.calls.count == 4)
        #expect(try fixture.rootQuota() == Self.all)
    }

    @Test("pictures that were made and cannot be fetched are charged")
    func download() async throws {
        var configuration = Configuration()
        configuration.allowsPrivateMedia = true
        let fixture = try await fixture(["type": 17, "models": "wanx2.1-t2i-turbo"], configuration) { call in
            if call.path.hasSuffix(".png") { return .error(404, "") }
            let url = "http://\(call.headers["Host"] ?? "")/a.png"
            let isBegun = call.path.hasSuffix("/image-synthesis")
            let state = isBegun ? #""PENDING""# : #""SUCCEEDED","results":[{"url":"\#(url)"},{"url":"\#(url)"}]"#
            let body = #"{"request_id":"r","output":{"task_id":"t","task_status":\#(state)}}"#
            return .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(body.utf8)))
        }
        let answer = try post(
            fixture, ["model": "wanx2.1-t2i-turbo", "prompt": "x", "n": 3, "response_format": "b64_json"])
        #expect(answer.status == 502 && answer.body.contains("image_download_failed"), "\(answer.body)")
        let rates = fixture.services.options.snapshot.prices.rates(
            model: "wanx2.1-t2i-turbo", channelType: 17, group: "default")
        let price = ImagePrice(model: "wanx2.1-t2i-turbo", count: 2, size: nil, quality: nil)
        #expect(try fixture.rootQuota() == Self.all - rates.quota(for: price))
        #expect(rates.quota(for: price) > 0)
        #expect(fixture.upstream.calls.count { $0.path.hasSuffix("/image-synthesis") } == 1)
    }
}
