import HTTP
import TestTraits
import Testing

@Suite(.inTurn) struct SSEParserTests {
    static let cases: [(wire: String, events: [String])] = [
        ("data: a\n\ndata: b\n\n", ["|a", "|b"]),
        ("data:a\r\n\r\ndata:b\r\r", ["|a", "|b"]),
        (": comment\ndata: a\n: x\ndata: b\n\n", ["|a\nb"]),
        ("event: error\ndata: {}\nid: 7\n\n", ["error|{}"]),
        ("\n\n\ndata\n\n", ["|"]),
        ("\u{feff}data: a\n\n", ["|a"]),
        ("data: unfinished", []),
        ("data:  two spaces\n\n", ["| two spaces"]),
        ("\u{feff}data: " + long + "\ndata:" + long + "\n\ndata: b\n\n", ["|" + long + "\n" + long, "|b"]),
        (": " + long + "\nevent: " + long + "\ndata: a\n\n", [long + "|a"]),
        ("data:" + blanks + "a\r\ndata: b\r\n\r\n", ["|" + blanks.dropFirst() + "a\nb"]),
        ("database: " + long + "\ndata: {}\ndata: {}\n\n", ["|{}\n{}"]),
    ]
    /// Longer than what tells a line's field.
    private static let long = String(repeating: "0123456789", count: 10)
    private static let blanks = String(repeating: " ", count: 70)

    @Test("splits events the same at every division of the bytes", arguments: cases)
    func splits(wire: String, events: [String]) {
        let bytes = Array(wire.utf8)
        for split in 0...bytes.count {
            #expect(Self.events([Array(bytes[..<split]), Array(bytes[split...])]) == events)
        }
        #expect(Self.events(bytes.map { [$0] }) == events)
    }

    /// Each as `name|data`.
    private static func events(
        _ pieces: [[UInt8]], quirks: SSEParser.Quirks = [], isEnded: Bool = false
    ) -> [String] {
        var parser = SSEParser(quirks: quirks)
        var seen: [String] = []
        func note() {
            let (name, data) = (parser.name, parser.takeData())
            seen.append(String(decoding: name, as: UTF8.self) + "|" + String(decoding: data, as: UTF8.self))
            parser.reuse(data)
        }
        for piece in pieces {
            piece.withUnsafeBytes { bytes in
                var position = 0
                while parser.next(in: bytes, &position) { note() }
            }
        }
        while isEnded, parser.end() { note() }
        return seen
    }

    static let bareLineFeeds: [(wire: String, events: [String])] = [
        ("data: {\"a\":1}\ndata: {\"b\":2}\ndata: [DONE]\n", ["|{\"a\":1}", "|{\"b\":2}", "|[DONE]"]),
        ("event: a\ndata: {}\nevent: b\ndata: {}\n\n", ["a|{}", "b|{}"]),
        ("data: {}\nevent: late\n\ndata: {}\n\n", ["late|{}", "|{}"]),
        ("data: {} \r\ndata:   {}\r\n", ["|{} ", "|  {}"]),
        (
            "data: {\"x\":\"" + long + "\"}\ndata: {\"y\":\"" + long + "\"}\n",
            ["|{\"x\":\"" + long + "\"}", "|{\"y\":\"" + long + "\"}"]
        ),
        // One JSON on several lines, divided at any of its tokens.
        (
            "data: {\ndata: \"a\":\ndata: {}\ndata: ,\ndata: \"b\"\ndata: :[\ndata: {}\ndata: ]\ndata: }\n\n",
            ["|{\n\"a\":\n{}\n,\n\"b\"\n:[\n{}\n]\n}"]
        ),
        ("data: [{}\ndata: ,{}]\n\ndata: plain\ndata: {}\n\n", ["|[{}\n,{}]", "|plain\n{}"]),
    ]

    @Test("divides events of JSON between which a line feed stands, and never one JSON", arguments: bareLineFeeds)
    func dividesAtLineFeeds(wire: String, events: [String]) {
        let bytes = Array(wire.utf8)
        for split in 0...bytes.count {
            let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
            #expect(Self.events(pieces, quirks: .bareLineFeeds, isEnded: true) == events)
        }
    }

    @Test(
        "takes what lacks its end for an event only when the body is ended",
        arguments: [
            ("data: a", ["|a"]), ("data: a\n", ["|a"]), ("data: a\n\n", []), ("event: x\ndata: a\r", ["x|a"]), ("", []),
            (": c", []), ("event: x\n", []), ("data:", ["|"]), ("data: " + long, ["|" + long]),
        ])
    func ends(wire: String, events: [String]) {
        let bytes = Array(wire.utf8)
        let whole = Self.events([bytes])
        for split in 0...bytes.count {
            let pieces = [Array(bytes[..<split]), Array(bytes[split...])]
            #expect(Self.events(pieces) == whole)
            #expect(Self.events(pieces, isEnded: true) == whole + events)
        }
    }

    @Test("keeps the bytes of a large event once, and not behind it")
    func keepsOnce() {
        var parser = SSEParser()
        let piece = [UInt8](repeating: 0x78, count: 16 << 10)
        func feed(_ bytes: [UInt8]) -> Bool {
            bytes.withUnsafeBytes { buffer in
                var position = 0
                return parser.next(in: buffer, &position)
            }
        }
        #expect(!feed(Array("data: ".utf8)))
        for count in 1...100 {
            #expect(!feed(piece))
            #expect(parser.pending == count * piece.count)
        }
        #expect(feed([0x0a, 0x0a]))
        let data = parser.takeData()
        #expect(data.count == 100 * piece.count && parser.pending == 0 && parser.isAtBoundary)
        // A large array is not kept for small events.
        parser.reuse(data)
        #expect(feed(Array("data: a\n\n".utf8)))
        #expect(parser.takeData().capacity < piece.count)
    }

    @Test("keeps lines of JSON that lack their field, where they are wanted")
    func stray() {
        var parser = SSEParser(quirks: .bareJSON)
        let wire = Array("data: a\n\n{\"error\": {\n  \"code\": 503\n}}\n".utf8)
        var count = 0
        wire.withUnsafeBytes { parser.feed($0) { _, _ in count += 1 } }
        #expect(count == 1)
        #expect(String(decoding: parser.stray, as: UTF8.self) == "{\"error\": {\n  \"code\": 503\n}}\n")
    }

    @Test("notices an event above its limit")
    func limits() {
        var parser = SSEParser(limit: 100)
        let bytes = Array(("data: " + String(repeating: "x", count: 200)).utf8)
        bytes.withUnsafeBytes { parser.feed($0) { _, _ in } }
        #expect(parser.isOverLimit)
    }
}
