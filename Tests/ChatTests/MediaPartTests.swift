import Chat
import Formats
import JSON
import Testing

@Suite("Media in a client's message")
struct MediaPartTests {
    private static let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"
    private static let pdf = "JVBERi0xLjQK"

    private static func parts(_ content: JSON, role: String = "user", more: JSONObject = [:]) throws -> [Part] {
        var message: JSONObject = ["role": .string(role), "content": content]
        for member in more.members { message[member.key] = member.value }
        let body: JSON = ["model": "m", "messages": [.object(message)]]
        return try OpenAIRequestDecoder.decode(body.encoded()).messages.first?.parts ?? []
    }

    static let kinds: [(part: JSON, content: Part.Content)] = [
        (
            image("data:application/pdf;base64," + pdf),
            .document(.base64(type: "application/pdf", data: pdf), name: nil)
        ),
        (image("data:image/png;base64," + pdf), .document(.base64(type: "application/pdf", data: pdf), name: nil)),
        (image("data:audio/mpeg;base64,SUQzBA=="), .audio(.base64(type: "mp3", data: "SUQzBA=="))),
        (image("data:video/mp4;base64,AAAA"), .video(.base64(type: "video/mp4", data: "AAAA"))),
        (image("data:image/svg+xml,%3Csvg/%3E"), .image(.base64(type: "image/svg+xml", data: "PHN2Zy8+"), detail: nil)),
        (file("data:image/png;base64," + png), .image(.base64(type: "image/png", data: png), detail: nil)),
        (
            file("data:application/octet-stream;base64," + png),
            .image(.base64(type: "image/png", data: png), detail: nil)
        ),
        (file(pdf, "a.pdf"), .document(.base64(type: "application/pdf", data: pdf), name: "a.pdf")),
        (file("JVBERi0x\nLjQK\n", "a"), .document(.base64(type: "application/pdf", data: pdf), name: "a")),
        (
            file("aGVsbG8gd29ybGQ", "a.TXT"),
            .document(.base64(type: "text/plain", data: "aGVsbG8gd29ybGQ="), name: "a.TXT")
        ),
        (
            file("aGVsbG8gd29ybGQ"),
            .document(.base64(type: "application/octet-stream", data: "aGVsbG8gd29ybGQ="), name: nil)
        ),
        (file("https://a.test/a.pdf"), .document(.url("https://a.test/a.pdf"), name: nil)),
        (file("hello world!"), .document(.url("hello world!"), name: nil)),
        (sound("UklGRgAAAABXQVZF", "mp3"), .audio(.base64(type: "wav", data: "UklGRgAAAABXQVZF"))),
        (
            sound("data:audio/wav;base64,UklGRgAAAABX\nQVZF", "wav"),
            .audio(.base64(type: "wav", data: "UklGRgAAAABXQVZF"))
        ),
        (sound("data:;base64,AAAA", "pcm16"), .audio(.base64(type: "pcm16", data: "AAAA"))),
        (sound("GkXfo59CgoR3ZWJt", "webm"), .audio(.base64(type: "webm", data: "GkXfo59CgoR3ZWJt"))),
        (sound("AAAAIGZ0eXBpc29t", "m4a"), .audio(.base64(type: "m4a", data: "AAAAIGZ0eXBpc29t"))),
        (sound("https://a.test/a.mp3", "mp3"), .audio(.url("https://a.test/a.mp3"))),
        (sound("AAAA", "wav"), .audio(.base64(type: "wav", data: "AAAA"))),
    ]

    private static func image(_ address: String) -> JSON {
        ["type": "image_url", "image_url": ["url": .string(address)]]
    }

    private static func file(_ data: String, _ name: String? = nil) -> JSON {
        var file: JSONObject = ["file_data": .string(data)]
        if let name { file["filename"] = .string(name) }
        return ["type": "file", "file": .object(file)]
    }

    private static func sound(_ data: String, _ format: String) -> JSON {
        ["type": "input_audio", "input_audio": ["data": .string(data), "format": .string(format)]]
    }

    @Test("a part is what its bytes are, whatever the client calls it", arguments: kinds)
    func isWhatItIs(part: JSON, content: Part.Content) throws {
        #expect(try Self.parts([part]) == [Part(content)])
        #expect(
            try Self.parts([part], role: "tool", more: ["tool_call_id": "c"]).first?.content.results == [Part(content)])
    }

    @Test("a sound of which nobody says what it is, is refused by name")
    func unknownSound() {
        let part: JSON = ["type": "input_audio", "input_audio": ["data": "AAAA"]]
        let error = #expect(throws: RequestError.self) { try Self.parts([part]) }
        #expect(error?.parameter == "messages[0].content[0].input_audio.format")
    }

    private static let picture = Part(.image(.base64(type: "image/png", data: png), detail: nil))

    static let answers: [(content: JSON, parts: [Part])] = [
        (.string("![image](data:image/png;base64,\(png))"), [picture]),
        (
            .string("A cat:\n![a cat](data:image/jpeg;base64,\(png) \"title\")\nDone."),
            [.text("A cat:\n"), picture, .text("\nDone.")]
        ),
        (.string("![a](data:image/png;base64,\(png))![b](data:image/png;base64,\(png))"), [picture, picture]),
        ([.string("![image](data:image/png;base64,\(png))"), ["type": "text", "text": "x"]], [picture, .text("x")]),
        ("![image](https://a.test/b.png)", [.text("![image](https://a.test/b.png)")]),
        ("[link](data:image/png;base64,AA==)", [.text("[link](data:image/png;base64,AA==)")]),
        ("![cut](data:image/png;base64,AA==", [.text("![cut](data:image/png;base64,AA==")]),
        ("![a\n](data:image/png;base64,AA==)", [.text("![a\n](data:image/png;base64,AA==)")]),
        ("](data:image/png;base64,AA==)", [.text("](data:image/png;base64,AA==)")]), ("", [.text("")]),
    ]

    @Test("a picture in what the assistant said is a picture again", arguments: answers)
    func splitsAnswer(content: JSON, parts: [Part]) throws {
        #expect(try Self.parts(content, role: "assistant") == parts)
        guard let text = content.string else { return }
        // The user's words are the user's.
        #expect(try Self.parts(content) == [.text(text)])
    }

    @Test("the assistant's images are pictures, with the proof of the thought behind them")
    func images() throws {
        let images: JSON = [
            [
                "type": "image_url", "image_url": ["url": .string("data:image/png;base64," + Self.png)], "index": 0,
                "extra_content": ["google": ["thought_signature": "sig"]],
            ],
            ["type": "image_url", "image_url": ["url": "https://a.test/b.png"]], ["type": "novel"],
            "https://a.test/c.png",
        ]
        var proved = Self.picture
        proved.thoughtSignature = "sig"
        #expect(
            try Self.parts("Look.", role: "assistant", more: ["images": images]) == [
                .text("Look."), proved, Part(.image(.url("https://a.test/b.png"), detail: nil)),
                Part(.image(.url("https://a.test/c.png"), detail: nil)),
            ])
        #expect(try Self.parts("Look.", role: "assistant", more: ["images": "none"]) == [.text("Look.")])
    }
}

extension Part.Content {
    fileprivate var results: [Part]? { if case .toolResult(let result) = self { result.parts } else { nil } }
}
