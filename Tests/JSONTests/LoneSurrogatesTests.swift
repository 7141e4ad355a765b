import JSON
import Testing

@Suite("Halves of surrogate pairs that stand alone")
struct LoneSurrogatesTests {
    /// Documents in their order, and what becomes of them; `nil` for one that stays.
    static let streams: [(sent: [String], joined: [String?])] = [
        ([#"{"a":"\ud83d"}"#, #"{"a":"\ude00"}"#], [#"{"a":""}"#, #"{"a":"\ud83d\ude00"}"#]),
        ([#"{"a":"x\ud83d"}"#, #"{"b":1}"#, #"["\uDE00y"]"#], [#"{"a":"x"}"#, nil, #"["\ud83d\uDE00y"]"#]),
        // One pair is divided, and told once more beside it.
        (
            [#"["\ud83d","\ud83d"]"#, #"["\ude00","\ude00"]"#],
            [#"["","\ufffd"]"#, #"["\ud83d\ude00","\ufffd"]"#]
        ),
        ([#"["\ud83dx\ude00"]"#], [#"["\ufffdx\ufffd"]"#]),
        ([#"["\ud83d\ud83d\ude00"]"#], [#"["\ufffd\ud83d\ude00"]"#]),
        ([#"["x\ude00"]"#], [#"["x\ufffd"]"#]),
        ([#"["\ud83d\ude00","\\ud83d","\u0041","é"]"#], [nil]),
        ([#"{"\ud83d":"\\"}"#], [#"{"":"\\"}"#]),
        ([#"["\ud83"#], [nil]), ([#"["\ud83d"#], [#"["\ufffd"#]), (["\"\\"], [nil]), ([""], [nil]),
    ]

    @Test("are joined where two documents divide a pair, and are U+FFFD elsewhere", arguments: streams)
    func joins(sent: [String], joined: [String?]) {
        var surrogates = LoneSurrogates()
        let got = sent.map { surrogates.joined(Array($0.utf8)).map { String(decoding: $0, as: UTF8.self) } }
        #expect(got == joined)
    }

    @Test("are U+FFFD in a document of its own")
    func replaces() throws {
        let text = Array(#"{"a":"x\ud83d","b":"\ude00","c":"\ud83d\ude00"}"#.utf8)
        #expect(throws: JSONError.self) { try JSON.parse(text) }
        let mended = try #require(LoneSurrogates.replaced(in: text))
        #expect(try JSON.parse(mended) == ["a": "x\u{fffd}", "b": "\u{fffd}", "c": "😀"])
        #expect(mended.count == text.count)
        let lazy = try LazyJSON.parse(text)
        #expect(lazy.json == (try JSON.parse(mended)) && lazy["a"]?.string == "x\u{fffd}")
        #expect(LoneSurrogates.replaced(in: mended) == nil)
    }

    @Test("do not make anything else of what is no JSON")
    func nonsense() {
        for text in [#"{"a":"\ud83d""#, #"["\ud83d",]"#, "{"] {
            #expect(throws: JSONError.self) { try LazyJSON.parse(Array(text.utf8)) }
        }
    }
}
