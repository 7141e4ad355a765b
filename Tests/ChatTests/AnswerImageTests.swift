import Chat
import Formats
import JSON
import Testing

@Suite("Pictures that a chat makes, towards the client")
struct AnswerImageTests {
    private static let head = AnswerHead(id: "chatcmpl-1", model: "m", created: 5)
    private static let first = Media.base64(type: "image/png", data: "AAAA")
    private static let events: [ChatEvent] = [
        .started(head), .choiceStarted(0), .textDelta(0, "Look: "), .image(0, first, thoughtSignature: "sig"),
        .textDelta(0, "and "), .image(0, .url("https://a.test/b.png")), .choiceStarted(1),
        .image(1, first), .finished(0, .stop), .finished(1, .stop),
    ]
    private static let item: JSON = [
        "type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"], "index": 0,
    ]
    private static let proved: JSON = [
        "type": "image_url", "image_url": ["url": "data:image/png;base64,AAAA"], "index": 0,
        "extra_content": ["google": ["thought_signature": "sig"]],
    ]
    private static let second: JSON = [
        "type": "image_url", "image_url": ["url": "https://a.test/b.png"], "index": 1,
    ]

    @Test("a whole message has them in `images`, apart from its text")
    func whole() throws {
        let answer = try JSON.parse(try OpenAIAnswerEncoder.encode(Self.events, fallback: Self.head))
        #expect(answer["choices"]?[0]?["message"]?["content"] == "Look: and ")
        #expect(answer["choices"]?[0]?["message"]?["images"] == [Self.proved, Self.second])
        #expect(answer["choices"]?[1]?["message"]?["content"] == "")
        #expect(answer["choices"]?[1]?["message"]?["images"] == [Self.item])
    }

    private static func deltas(imagesAsMarkdown: Bool) throws -> [JSON] {
        var encoder = OpenAIStreamEncoder(
            includesUsage: false, fallback: head, imagesAsMarkdown: imagesAsMarkdown)
        var output: [UInt8] = []
        for event in events { encoder.encode(event, into: &output) }
        encoder.finish(into: &output)
        return try String(decoding: output, as: UTF8.self).split(separator: "\n\n").dropLast().compactMap {
            try JSON.parse(Array($0.utf8.dropFirst(6)))["choices"]?[0]
        }
    }

    @Test("a stream has each in a delta of its own, numbered by choice")
    func stream() throws {
        let found = try Self.deltas(imagesAsMarkdown: false).filter { $0["delta"]?["images"] != nil }
        #expect(found.map { $0["delta"]?["images"] } == [[Self.proved], [Self.second], [Self.item]])
        #expect(found.map { $0["index"]?.int } == [0, 0, 1])
        #expect(found.allSatisfy { $0["delta"]?["content"] == nil })
    }

    @Test("by the channel's option they stand in the text as Markdown")
    func markdown() throws {
        let text = "Look: ![image](data:image/png;base64,AAAA)and ![image](https://a.test/b.png)"
        let whole = try JSON.parse(
            try OpenAIAnswerEncoder.encode(
                ChatAnswer(Self.events, imagesAsMarkdown: true), fallback: Self.head))
        #expect(whole["choices"]?[0]?["message"]?["content"] == .string(text))
        #expect(whole["choices"]?[0]?["message"]?["images"] == nil)
        let deltas = try Self.deltas(imagesAsMarkdown: true)
        let written = deltas.filter { $0["index"]?.int == 0 }.compactMap { $0["delta"]?["content"]?.string }.joined()
        #expect(written == text && deltas.allSatisfy { $0["delta"]?["images"] == nil })
    }

    @Test("what has gone out comes back as it was made, in either form", arguments: [false, true])
    func back(imagesAsMarkdown: Bool) throws {
        let whole = try JSON.parse(
            try OpenAIAnswerEncoder.encode(
                ChatAnswer(Self.events, imagesAsMarkdown: imagesAsMarkdown), fallback: Self.head))
        let message = try #require(whole["choices"]?[1]?["message"])
        let body: JSON = ["model": "m", "messages": [["role": "user", "content": "hi"], message]]
        let request = try OpenAIRequestDecoder.decode(body.encoded())
        #expect(request.messages.last?.parts.filter { $0 != .text("") } == [Part(.image(Self.first, detail: nil))])
    }

    @Test("a text of a hundred thousand openings without an end is read in one pass, and stays a text")
    func openings() throws {
        let text = String(repeating: "![](data:image/", count: 100_000)
        let body: JSON = ["model": "m", "messages": [["role": "assistant", "content": .string(text)]]]
        var pieces: [Int] = []
        PromptText.forEach(in: body.encoded(), parser: JSONParser()) { piece in
            if case .text(let bytes) = piece { pieces.append(bytes.count) }
        }
        #expect(pieces == ["assistant".utf8.count, text.utf8.count])
        #expect(try OpenAIRequestDecoder.decode(body.encoded()).messages.first?.parts == [.text(text)])
    }

    @Test("`images` of a message count among the parts and the pictures, and come once")
    func inspected() throws {
        func inspect(_ images: String) throws -> Int {
            let body = #"{"model":"m","messages":[{"role":"assistant","content":"x",\#(images)}]}"#
            var limits = RequestLimits()
            limits.parts = 2
            return try ChatInspector(parser: JSONParser(), limits: limits).inspect(Array(body.utf8)).imageCount
        }
        #expect(try inspect(#""images":[{"image_url":{"url":"https://a.test/b.png"}},{}]"#) == 1)
        #expect(try inspect(#""images":"none""#) == 0)
        for images in [#""images":[{},{},{}]"#, #""images":[],"images":[]"#, #""Images":[]"#] {
            let error = #expect(throws: RequestError.self) { try inspect(images) }
            #expect(error?.parameter == "messages[0].images")
        }
    }
}
