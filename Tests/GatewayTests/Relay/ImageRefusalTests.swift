import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Requests for images that the model does not take: refused before the upstream is asked, and never charged
/// (spec/relay.md §6).
@Suite(.inTurn) struct ImageRefusalTests {
    private func fixture(_ channels: JSONObject...) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture { _ in
            .whole(
                HTTPResponse(
                    headers: ["Content-Type": "application/json"],
                    body: Array(#"{"created":1,"data":[{"url":"https://a.test/b.png"}]}"#.utf8)))
        }
        for channel in channels { try fixture.addChannel(channel) }
        return fixture
    }

    private static let models: JSONObject = [
        "models": "dall-e-2,dall-e-3,gpt-image-1,gpt-image-1.5,wanx-v1,cogview-3,step-1x-medium,other-painter"
    ]

    private func post(
        _ fixture: GatewayFixture, _ body: JSONObject, key: String = "sk-roottoken"
    ) throws -> (status: Int, error: JSON?) {
        let answer = try fixture.post("/v1/images/generations", JSON.object(body).encoded(), key: key)
        return (answer.status, try JSON.parse(Array(answer.body.utf8))["error"])
    }

    private static func text(_ count: Int, _ character: String = "a") -> JSON {
        .string(String(repeating: character, count: count))
    }

    static let refused: [(JSONObject, String, String)] = [
        (["model": "dall-e-3", "prompt": "x", "size": "512x512"], "size", "invalid_value"),
        (["model": "dall-e-3", "prompt": "x", "size": "auto"], "size", "invalid_value"),
        (["model": "dall-e-2", "prompt": "x", "size": "1024x1792"], "size", "invalid_value"),
        (["prompt": "x", "size": "1x1"], "size", "invalid_value"),
        (["model": "wanx-v1", "prompt": "x", "size": "256x256"], "size", "invalid_value"),
        (["model": "step-1x-medium", "prompt": "x", "size": "1024x1792"], "size", "invalid_value"),
        (["model": "dall-e-3", "prompt": ""], "prompt", "empty_string"),
        (["model": "gpt-image-1", "prompt": ""], "prompt", "empty_string"),
        (["model": "other-painter", "prompt": ""], "prompt", "empty_string"),
        (["model": "dall-e-3", "prompt": .null], "prompt", "missing_required_parameter"),
        (["model": "dall-e-2", "prompt": text(1001)], "prompt", "string_above_max_length"),
        (["model": "dall-e-3", "prompt": text(4001, "画")], "prompt", "string_above_max_length"),
        (["model": "gpt-image-1.5", "prompt": text(32_001)], "prompt", "string_above_max_length"),
        (["model": "cogview-3", "prompt": text(834)], "prompt", "string_above_max_length"),
        (["model": "wanx-v1", "prompt": text(4001)], "prompt", "string_above_max_length"),
        (["model": "dall-e-3", "prompt": "x", "n": 2], "n", "invalid_value"),
        (["model": "dall-e-2", "prompt": "x", "n": 11], "n", "invalid_value"),
        (["model": "dall-e-2", "prompt": "x", "n": -1], "n", "invalid_value"),
        (["model": "wanx-v1", "prompt": "x", "n": 5], "n", "invalid_value"),
    ]

    @Test("a size, a prompt and a number that the model does not take are a 400 that names it", arguments: refused)
    func isRefused(body: JSONObject, parameter: String, code: String) async throws {
        let fixture = try await fixture(Self.models)
        // Not even with a balance that pays for nothing: what is wrong comes first.
        let poor = try fixture.key(["remain_quota": 1, "unlimited_quota": false])
        for key in ["sk-roottoken", "sk-\(poor)"] {
            let (status, error) = try post(fixture, body, key: key)
            #expect(status == 400 && error?["type"]?.string == "invalid_request_error")
            #expect(error?["param"]?.string == parameter && error?["code"]?.string == code)
        }
        #expect(fixture.upstream.calls.isEmpty)
        #expect(try fixture.logCount() == 0)
    }

    static let taken: [(JSONObject, quota: Int64)] = [
        (["model": "dall-e-3", "prompt": text(4000, "画"), "size": "1024x1792"], 40_000),
        (["model": "dall-e-3", "prompt": "x", "n": 0], 20_000),
        (["model": "dall-e-3", "prompt": "x", "n": .null], 20_000),
        (["model": "dall-e-2", "prompt": text(1000), "size": "256x256", "n": 10], 10_000),
        (["prompt": "x", "n": 0, "size": "512x512"], 11_250), (["model": "", "prompt": "x", "size": .null], 12_500),
        (["model": "cogview-3", "prompt": text(833, "画"), "size": "720x1440"], 7100),
        (["model": "other-painter", "prompt": text(40_000), "size": "1x1"], 30_000),
    ]

    @Test("what a model takes is asked for and charged, one image where the number is 0 or absent", arguments: taken)
    func isTaken(body: JSONObject, quota: Int64) async throws {
        let fixture = try await fixture(Self.models)
        let (status, error) = try post(fixture, body)
        #expect(status == 200, "\(String(describing: error))")
        #expect(try fixture.lastLog()?["quota"]?.int == quota)
        let sent = try #require(fixture.upstream.calls.first?.json)
        #expect(sent["n"]?.int == body["n"]?.int.map { max(1, $0) })
        #expect(sent["model"]?.string == (try fixture.lastLog()?["model_name"]?.string))
    }

    @Test("parameters of GPT image models mean one of them where no model is named")
    func defaults() async throws {
        let fixture = try await fixture(Self.models)
        #expect(try post(fixture, ["prompt": "x", "background": "transparent"]).status == 200)
        #expect(fixture.upstream.calls.last?.json["model"]?.string == "gpt-image-1")
        #expect(try fixture.lastLog()?["model_name"]?.string == "gpt-image-1")
        #expect(try post(fixture, ["prompt": "x", "stream": false]).status == 200)
        #expect(fixture.upstream.calls.last?.json["model"]?.string == "dall-e-2")
    }

    @Test("the limits are the mapped model's, and a channel with a model that takes it is chosen")
    func mapped() async throws {
        let strict: JSONObject = [
            "models": "painter", "model_mapping": #"{"painter":"dall-e-3"}"#, "priority": 9,
        ]
        let alone = try await fixture(strict)
        let body: JSONObject = ["model": "painter", "prompt": "x", "size": "256x256"]
        #expect(try post(alone, body).error?["param"]?.string == "size")
        #expect(alone.upstream.calls.isEmpty)
        let both = try await fixture(
            strict, ["models": "painter", "model_mapping": #"{"painter":"dall-e-2"}"#])
        #expect(try post(both, body).status == 200)
        #expect(both.upstream.calls.map { $0.json["model"]?.string } == ["dall-e-2"])
        #expect(try both.lastLog()?["quota"]?.int == 10_000)
    }
}
