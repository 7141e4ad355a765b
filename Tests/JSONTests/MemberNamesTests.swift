import JSON
import Testing

@Suite struct MemberNamesTests {
    private static let names = MemberNames(["model", "messages", "max_tokens", "n", "stream", "stream_options"])

    private static func match(_ key: String) -> MemberNames.Match {
        Array(key.utf8).withUnsafeBytes { names.match($0) }
    }

    @Test(
        "finds an exact name",
        arguments: zip(["model", "messages", "max_tokens", "n", "stream", "stream_options"], [0, 1, 2, 3, 4, 5]))
    func exact(key: String, index: Int) {
        #expect(Self.match(key) == .exact(index))
    }

    @Test(
        "finds names that a case-insensitive decoder would treat as equal, also with Unicode's long s and kelvin sign",
        arguments: [
            ("Model", 0), ("MODEL", 0), ("modeL", 0), ("Messages", 1), ("me\u{17f}sages", 1),
            ("me\u{17f}\u{17f}age\u{17f}", 1),
            ("Max_Tokens", 2), ("max_to\u{212a}ens", 2), ("MAX_TO\u{212a}EN\u{17f}", 2), ("N", 3),
            ("\u{17f}tream", 4), ("\u{17f}TREAM_OPTION\u{17f}", 5),
        ])
    func similar(key: String, index: Int) {
        #expect(Self.match(key) == .similar(index))
    }

    @Test(
        "does not match other names",
        arguments: [
            "", "mode", "models", "Modell", "x", "_model", " model", "max-tokens", "maxtokens", "max_to\u{212b}ens",
            "ñ", "\u{17f}",
            "\u{212a}", "stream_option", "STREAM ", "nn", "m\u{f6}del", "\u{1f600}", "max_tokens\u{17f}", "\u{e2}",
            "mod\u{e8}l",
        ])
    func others(key: String) {
        #expect(Self.match(key) == .none)
    }

    @Test("does not read beyond a key that ends in the middle of a character")
    func cutSigns() {
        for bytes: [UInt8] in [[0xc5], [0xe2], [0xe2, 0x84], [0x6d, 0xc5], [0x6d, 0x6f, 0x64, 0x65, 0xe2]] {
            #expect(bytes.withUnsafeBytes { Self.names.match($0) } == .none)
        }
    }

    @Test(
        "a census distinguishes a repeated name from a misspelled one",
        arguments: [
            (["model", "x", "x", "messages"], nil),
            (["model", "n", "model"], .repeated("model")),
            (["model", "Model"], .repeated("model")),
            (["Model", "model"], .repeated("model")),
            (["N", "\u{17f}tream"], .misspelled("stream", as: "\u{17f}tream")),
            (["model", "N"], .misspelled("n", as: "N")),
        ] as [([String], MemberCensus.Fault?)])
    func census(keys: [String], fault: MemberCensus.Fault?) {
        var census = MemberCensus(Self.names)
        for key in keys { census.note(key) }
        #expect(census.fault == fault)
    }
}

@Suite struct JSONValuesTests {
    @Test(
        "counts values outside of strings, up to the limit",
        arguments: [
            ("[0,0,0]", 3), (#"{"a":[1,2],"b":{}}"#, 5), (#"["a,b,[{","\",\\",0]"#, 3), ("", 0), ("[[[[]]]]", 4),
            (#""unended,,,,"#, 0),
        ])
    func counts(text: String, count: Int) {
        Array(text.utf8).withUnsafeBytes { bytes in
            #expect(!JSONValues.exceed(count, in: bytes))
            if count > 0 { #expect(JSONValues.exceed(count - 1, in: bytes)) }
        }
    }
}
