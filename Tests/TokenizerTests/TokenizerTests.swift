import JSON
import TestKit
import Testing
import Tokenizer

@Suite struct TokenizerTests {
    @Test(
        "encodes and counts every fixture as tiktoken does",
        arguments: [("cl100k", Encoding.cl100k), ("o200k", .o200k)])
    func matchesTiktoken(name: String, encoding: Encoding) throws {
        let cases = try #require(try JSON.parse(Fixture.read("Tokenizer/cases.json")).array)
        #expect(cases.count > 700)
        let tokenizer = Tokenizer(encoding)
        for one in cases {
            let text = try #require(one["text"]?.string)
            let expected = try #require(one[name]?.array?.compactMap { $0.int.map(Int.init) })
            #expect(tokenizer.encode(text) == expected, "\(text.debugDescription)")
            #expect(tokenizer.count(text) == expected.count)
            #expect(tokenizer.decode(expected) == Array(text.utf8))
        }
    }

    @Test("counts a long piece the same whichever algorithm is used")
    func longPieces() {
        let tokenizer = Tokenizer(.cl100k)
        #expect(
            tokenizer.encode(String(repeating: "a", count: 4000)).count
                == tokenizer.count(String(repeating: "a", count: 4000)))
        let text = String(repeating: "abcdefghij", count: 100_000)
        #expect(tokenizer.decode(tokenizer.encode(text)) == Array(text.utf8))
    }

    @Test("accepts bytes that are not UTF-8")
    func invalidBytes() {
        var seed: UInt64 = 7
        let bytes = (0..<10_000).map { _ in
            seed = seed &* 6_364_136_223_846_793_005 &+ 1
            return UInt8(truncatingIfNeeded: seed >> 33)
        }
        #expect(Tokenizer(.cl100k).count(bytes) > 0)
        #expect(Tokenizer(.o200k).count(bytes) > 0)
    }

    static let models = [
        ("gpt-4o", Encoding.o200k), ("gpt-4o-mini", .o200k), ("gpt-4.1", .o200k), ("o3-mini", .o200k),
        ("openai/gpt-5", .o200k), ("gpt-4", .cl100k), ("gpt-4-turbo", .cl100k), ("gpt-3.5-turbo", .cl100k),
        ("text-embedding-3-small", .cl100k), ("claude-3", .cl100k),
    ]

    @Test("chooses the encoding by the model's name", arguments: models)
    func chooses(model: String, encoding: Encoding) { #expect(Encoding.forModel(model) == encoding) }

    static let images = [
        (1024, 1024, "high", 765), (2048, 4096, "high", 1105), (125, 50, "auto", 255), (4096, 4096, "low", 85),
    ]

    @Test("an image of any size counts no more tiles than the largest image")
    func hostileImages() {
        let ends = [Int.min, -1, 0, 1, 767, 2049, 1 << 32, .max]
        for width in ends {
            for height in ends {
                let tokens = ImageTokens.count(model: "gpt-4o", detail: "high", width: width, height: height)
                #expect((85...85 + 170 * 8).contains(tokens), "\(width) × \(height)")
            }
        }
    }

    @Test("counts images by tiles", arguments: images)
    func countsImages(width: Int, height: Int, detail: String, tokens: Int) {
        #expect(ImageTokens.count(model: "gpt-4o", detail: detail, width: width, height: height) == tokens)
    }
}
