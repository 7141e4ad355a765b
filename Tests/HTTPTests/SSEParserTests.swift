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
    ]

    @Test("splits events in the same way however the bytes are divided", arguments: cases)
    func splits(wire: String, events: [String]) {
        let bytes = Array(wire.utf8)
        for split in 0...bytes.count {
            var parser = SSEParser()
            var seen: [String] = []
            for piece in [Array(bytes[..<split]), Array(bytes[split...])] {
                piece.withUnsafeBytes {
                    parser.feed($0) { name, data in
                        seen.append(String(decoding: name, as: UTF8.self) + "|" + String(decoding: data, as: UTF8.self))
                    }
                }
            }
            #expect(seen == events)
        }
    }

    @Test("notices an event above its limit")
    func limits() {
        var parser = SSEParser(limit: 100)
        let bytes = Array(("data: " + String(repeating: "x", count: 200)).utf8)
        bytes.withUnsafeBytes { parser.feed($0) { _, _ in } }
        #expect(parser.isOverLimit)
    }
}
