import JSON
import Testing

@Suite struct JSONTests {
    static let invalid: [(String, JSONError?)] = [
        ("", nil), ("   ", nil), ("{", nil), ("{\"a\":}", nil), ("[1,]", nil), ("{\"a\" 1}", nil), ("nul", nil),
        ("\"a\nb\"", nil), ("[1] 2", nil), ("{'a':1}", nil), ("[01]", nil), ("\"\\x\"", nil),
        (String(repeating: "[", count: 1000) + String(repeating: "]", count: 1000), .tooDeep),
        ("[123456789012345678901234567890]", .numberOutOfRange), ("[1e999]", .numberOutOfRange),
    ]

    @Test("refuses text that is not JSON, too deep or out of range", arguments: invalid)
    func refuses(text: String, error: JSONError?) {
        do {
            _ = try JSON.parse(Array(text.utf8))
            Issue.record("accepted \(text.prefix(40))")
        } catch { if let expected = self.expected(text) { #expect(error == expected) } }
    }

    private func expected(_ text: String) -> JSONError? { Self.invalid.first { $0.0 == text }?.1 }

    @Test("refuses invalid UTF-8")
    func refusesUTF8() {
        #expect(throws: JSONError.invalidUTF8) { try JSON.parse([0x22, 0xff, 0xfe, 0x22]) }
    }

    static let lossless = [
        "null", "true", "false", "0", "-0.0", "1e5", "1.50", "12345678901234", "\"\"", "\"a\\u0001b\"", "[]", "{}",
        "[1,[2,[3]],{\"a\":null}]", "{\"b\":1,\"a\":2,\"b\":3}", "\"é😀\\\"\\\\\\n\"",
    ]

    @Test("keeps number text, key order and repeated keys", arguments: lossless)
    func keeps(text: String) throws {
        let value = try JSON.parse(Array(text.utf8))
        #expect(String(decoding: value.encoded(), as: UTF8.self) == text)
        #expect(try JSON.parse(value.encodedPretty()) == value)
    }

    @Test("decodes escapes, including surrogate pairs")
    func escapes() throws {
        let value = try JSON.parse(Array(#""\u0041\ud83d\ude00\/\b\f\n\r\t""#.utf8))
        #expect(value.string == "A😀/\u{8}\u{c}\n\r\t")
    }

    @Test("views give the same values as parsed JSON")
    func views() throws {
        let text = #"{"s":"x\ny","i":-5,"u":18446744073709551615,"d":1.5,"t":true,"n":null,"a":[1,"2"],"o":{"k":9}}"#
        let parser = JSONParser()
        let view = try parser.parse(Array(text.utf8))
        #expect(view["s"]?.string == "x\ny")
        #expect(view["i"]?.int == -5)
        #expect(view["u"]?.int == nil)
        #expect(view["d"]?.double == 1.5)
        #expect(view["t"]?.bool == true)
        #expect(view["n"]?.isNull == true)
        #expect(view["a"]?.arrayCount == 2)
        #expect(view["o"]?["k"]?.int == 9)
        #expect(view["zz"] == nil)
        var keys: [String] = []
        view.forEachMember { key, _ in keys.append(String(decoding: key, as: UTF8.self)) }
        #expect(keys == ["s", "i", "u", "d", "t", "n", "a", "o"])
        #expect(view["s"]?.equals("x\ny") == true)
    }

    @Test(
        "lazy values equal the ones parsed at once",
        arguments: lossless + [
            #" { "a" : [ 1 , -2.5e3 , "x\"y" ] , "b\u0063" : { } , "" : [ ] , "a" : { "c" : null } } "#,
            #"[9223372036854775807,-9223372036854775808,9223372036854775808,1.0,-7,true,false,"é😀"]"#,
        ])
    func lazily(text: String) throws {
        try compare(try LazyJSON.parse(Array(text.utf8)), try JSON.parse(Array(text.utf8)))
    }

    private func compare(_ lazy: LazyJSON, _ value: JSON) throws {
        #expect(lazy.json == value)
        #expect(lazy.isNull == value.isNull && lazy.bool == value.bool && lazy.string == value.string)
        #expect(lazy.int == value.int && lazy.double == value.double)
        #expect(lazy.isArray == (value.array != nil) && lazy.isObject == (value.object != nil))
        #expect(lazy.array?.count == value.array?.count)
        for (index, item) in (value.array ?? []).enumerated() {
            try compare(try #require(lazy[index]), item)
            try compare(try #require(lazy.array?[index]), item)
        }
        #expect(lazy[value.array?.count ?? 0] == nil)
        var members: [(String, LazyJSON)] = []
        lazy.forEachMember { members.append(($0.string, $1)) }
        #expect(members.map(\.0) == value.object?.members.map(\.key) ?? [])
        for (member, expected) in zip(members, value.object?.members ?? []) { try compare(member.1, expected.value) }
    }

    @Test("finds the last member with a name, however it is spelled")
    func finds() throws {
        let lazy = try LazyJSON.parse(Array(#"{"a":1,"\u0061":2,"ab":3,"b":{"a":4}}"#.utf8))
        #expect(lazy["a"]?.int == 2)
        #expect(lazy["ab"]?.int == 3)
        #expect(lazy["b"]?["a"]?.int == 4)
        #expect(lazy["c"] == nil && lazy["b"]?[0] == nil && lazy["a"]?["a"] == nil)
        var named = 0
        lazy.forEachMember { name, _ in if case "a" = name { named += 1 } }
        #expect(named == 2)
        #expect(throws: JSONError.self) { try LazyJSON.parse(Array("{\"a\":1".utf8)) }
    }

    @Test("writes every ASCII character so that it can be read again, in strings of any length")
    func writes() throws {
        for length in 0..<20 {
            for code in UInt8(0)..<0x80 {
                let text = String(repeating: "x", count: length) + String(UnicodeScalar(code)) + "é"
                let value = JSON.object(["k": .string(text), "n": .int(-1), "m": .int(Int64.max), "z": .int(0)])
                #expect(try JSON.parse(value.encoded()) == value)
                var bytes: [UInt8] = []
                JSONEscapes.append(text, to: &bytes)
                #expect(bytes == JSON.string(text).encoded())
            }
        }
    }

    @Test("one parser can be used again and again, and grows as needed")
    func reuses() throws {
        let parser = JSONParser()
        for count in [1, 10_000, 3, 200_000] {
            let text = "[" + Array(repeating: "1", count: count).joined(separator: ",") + "]"
            #expect(try parser.parse(Array(text.utf8)).arrayCount == count)
            #expect(throws: JSONError.self) { _ = try parser.parse(Array("[1".utf8)) }
        }
    }
}

@Suite struct JSONSpansTests {
    static let objects = [
        #"{"a":1,"b":[1,{"x":"}"}],"c":"q\"uote"}"#, #" { "a" : 1 , "b" : { } , "c" : null } "#, #"{"a":1}"#,
        #"{"c":true,"a":"x","b":-1.5e3}"#,
    ]

    @Test("removes any member and leaves the rest unchanged", arguments: objects)
    func removes(text: String) throws {
        let bytes = Array(text.utf8)
        let members = bytes.withUnsafeBytes { JSONSpans.members(in: $0) }
        let before = try #require(try JSON.parse(bytes).object)
        #expect(members.count == before.members.count)
        for (index, member) in members.enumerated() {
            let range = bytes.withUnsafeBytes { JSONSpans.removal(of: member, in: $0) }
            let after = try JSON.parse(JSONSpans.splice(bytes, [JSONEdit(range, [])]))
            var expected = before
            expected.members.remove(at: index)
            #expect(after == .object(expected))
        }
    }

    @Test("inserts into full and empty objects", arguments: objects + ["{}", " { } "])
    func inserts(text: String) throws {
        let bytes = Array(text.utf8)
        let edit = try #require(
            bytes.withUnsafeBytes { JSONSpans.insertion(of: Array(#""new":7"#.utf8), intoObjectAt: 0, in: $0) })
        let after = try JSON.parse(JSONSpans.splice(bytes, [edit]))
        #expect(after["new"]?.int == 7)
        #expect(after.object?.members.count == (try JSON.parse(bytes).object?.members.count ?? 0) + 1)
    }

    @Test("finds a key that is spelled with escapes")
    func findsEscaped() throws {
        let bytes = Array(#"{"x":1,"mod\u0065l":"m"}"#.utf8)
        let member = try #require(bytes.withUnsafeBytes { JSONSpans.find("model", in: $0) })
        #expect(String(decoding: bytes[member.valueRange], as: UTF8.self) == #""m""#)
        #expect(bytes.withUnsafeBytes { JSONSpans.find("mode", in: $0) } == nil)
    }

    @Test("an integer of any type becomes the nearest that can be written")
    func integers() {
        #expect(JSON.int(UInt64.max).int == .max)
        #expect(JSON.int(Int64.min).int == .min)
        #expect(JSON.int(Int128.min).int == .min)
        #expect(JSON.int(UInt8(7)).int == 7)
    }

    @Test("splicing in nothing leaves the bytes unchanged")
    func splicesNothing() {
        #expect(JSONSpans.splice([1, 2, 3], []) == [1, 2, 3])
    }
}
