import HTTP
import JSON
import TestTraits
import Testing

@testable import Gateway

/// Pictures that a chat makes: to the client, and back with the next turn.
@Suite(.inTurn) struct ChatPictureTests {
    private static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="
    private static let event =
        #"{"candidates":[{"content":{"parts":[{"text":"Here:"},{"inlineData":{"mimeType":"image/png","data":"\#(png)"}}]},"#
        + #""finishReason":"STOP"}],"usageMetadata":{"promptTokenCount":7,"candidatesTokenCount":1292,"totalTokenCount":1299}}"#
    private static let uncounted =
        #"{"candidates":[{"content":{"parts":[{"inlineData":{"mimeType":"image/png","data":"\#(png)"}}]},"finishReason":"STOP"}]}"#

    private static func fixture(_ config: String = "{}", event: String = event) async throws -> GatewayFixture {
        let fixture = try await GatewayFixture { call in
            call.path.contains("stream")
                ? .stream([event], isCut: false)
                : .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: Array(event.utf8)))
        }
        try fixture.addChannel(["type": 24, "models": "gemini-2.5-flash-image", "config": .string(config)])
        return fixture
    }

    private static func body(_ messages: JSON = [["role": "user", "content": "Draw."]], isStream: Bool = false) -> JSON
    {
        ["model": "gemini-2.5-flash-image", "messages": messages, "stream": .bool(isStream)]
    }

    private static let item: JSON = [
        "type": "image_url", "image_url": ["url": .string("data:image/png;base64," + png)], "index": 0,
    ]

    @Test(
        "a whole answer has the picture in `images`, or by the channel's option in its text", arguments: [false, true])
    func whole(isMarkdown: Bool) async throws {
        let fixture = try await Self.fixture(isMarkdown ? #"{"images_as_markdown":true}"# : "{}")
        let answer = try JSON.parse(Array(fixture.chat(Self.body()).body.utf8))
        let message = answer["choices"]?[0]?["message"]
        let markdown = "Here:![image](data:image/png;base64,\(Self.png))"
        #expect(message?["content"]?.string == (isMarkdown ? markdown : "Here:"))
        #expect(message?["images"] == (isMarkdown ? nil : [Self.item]))
        #expect(answer["usage"]?["completion_tokens"]?.int == 1292)
        #expect(try fixture.lastLog()?["completion_tokens"]?.int == 1292)
    }

    @Test("a stream has it in one event", arguments: [false, true])
    func stream(isMarkdown: Bool) async throws {
        let fixture = try await Self.fixture(isMarkdown ? #"{"images_as_markdown":"true"}"# : "{}")
        let answer = try fixture.chat(Self.body(isStream: true))
        let deltas = answer.body.split(separator: "\n").filter { $0.hasPrefix("data: {") }.compactMap {
            try? JSON.parse(Array($0.utf8.dropFirst(6)))["choices"]?[0]?["delta"]
        }
        #expect(deltas.compactMap { $0["images"] } == (isMarkdown ? [] : [[Self.item]]))
        #expect(deltas.count { $0["content"]?.string?.contains(Self.png) == true } == (isMarkdown ? 1 : 0))
        #expect(answer.body.hasSuffix("data: [DONE]\n\n"))
        #expect(try fixture.lastLog()?["completion_tokens"]?.int == 1292)
    }

    @Test("sent back in either form it is a picture again, and no text", arguments: [false, true])
    func back(isMarkdown: Bool) async throws {
        let fixture = try await Self.fixture(isMarkdown ? #"{"images_as_markdown":true}"# : "{}")
        let first = try JSON.parse(Array(fixture.chat(Self.body()).body.utf8))
        let message = try #require(first["choices"]?[0]?["message"])
        let turns: JSON = [["role": "user", "content": "Draw."], message, ["role": "user", "content": "Blue."]]
        #expect(try fixture.chat(Self.body(turns)).status == 200)
        let contents = fixture.upstream.calls.last?.json["contents"]
        #expect(
            contents?[1] == [
                "role": "model",
                "parts": [["text": "Here:"], ["inlineData": ["mimeType": "image/png", "data": .string(Self.png)]]],
            ])
    }

    @Test(
        "its bytes are no tokens of the prompt or the answer where the upstream does not count",
        arguments: [false, true])
    func uncounted(isMarkdown: Bool) async throws {
        let fixture = try await Self.fixture(isMarkdown ? #"{"images_as_markdown":true}"# : "{}", event: Self.uncounted)
        let noise = String(repeating: "QUJD", count: 20_000)
        let address = "data:image/png;base64," + Self.png.dropLast(2) + noise
        let answer: JSON =
            isMarkdown
            ? ["role": "assistant", "content": .string("![image](\(address))")]
            : [
                "role": "assistant", "content": "",
                "images": [["type": "image_url", "image_url": ["url": .string(address)]]],
            ]
        let turns: JSON = [["role": "user", "content": "Draw."], answer, ["role": "user", "content": "Blue."]]
        #expect(try fixture.chat(Self.body(turns)).status == 200)
        let log = try #require(try fixture.lastLog())
        #expect((1..<3000).contains(log["prompt_tokens"]?.int ?? 0), "\(log)")
        #expect((0..<10).contains(log["completion_tokens"]?.int ?? -1), "\(log)")
    }

    @Test("an upstream of the client's format gets and gives `images` as they are")
    func passThrough() async throws {
        let images: JSON = [["type": "image_url", "image_url": ["url": "data:image/jpg;base64, AAAA"], "novel": 1]]
        let reply: JSON = [
            "id": "c", "object": "chat.completion", "model": "m",
            "choices": [
                [
                    "index": 0, "message": ["role": "assistant", "content": "", "images": images],
                    "finish_reason": "stop",
                ]
            ],
            "usage": ["prompt_tokens": 10, "completion_tokens": 5, "total_tokens": 15],
        ]
        let fixture = try await GatewayFixture { _ in
            .whole(HTTPResponse(headers: ["Content-Type": "application/json"], body: reply.encoded()))
        }
        try fixture.addChannel(["type": 20])
        let turns: JSON = [
            ["role": "user", "content": "Draw."], ["role": "assistant", "content": "", "images": images],
            ["role": "user", "content": [["type": "image_url", "image_url": ["url": "data:image/jpg;base64, AAAA"]]]],
        ]
        let body = chatBody(["messages": turns])
        let answer = try fixture.chat(body)
        #expect(answer.body == String(decoding: reply.encoded(), as: UTF8.self))
        #expect(fixture.upstream.calls.last?.body == body.encoded())
    }
}
