import JSON
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ImageSizeTests {
    private static func size(_ bytes: [UInt8], type: String = "png") -> [Int]? {
        size(url: "data:image/\(type);base64,\(Base64.encode(bytes))")
    }

    private static func size(url: String) -> [Int]? {
        Array(url.utf8).withUnsafeBytes { ImageSize.read(dataURL: $0) }.map { [$0.width, $0.height] }
    }

    private static func png(_ width: [UInt8], _ height: [UInt8]) -> [UInt8] {
        [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, 0, 0, 0, 13, 0x49, 0x48, 0x44, 0x52] + width + height
            + [8, 2, 0, 0, 0]
    }

    private static func webP(_ kind: String, _ rest: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + [100, 0, 0, 0] + Array("WEBP".utf8) + Array(kind.utf8) + [80, 0, 0, 0] + rest
            + [UInt8](repeating: 0, count: 16)
    }

    /// A JPEG's application segment with this many bytes.
    private static func segment(_ count: Int) -> [UInt8] {
        [0xff, 0xe1, UInt8((count + 2) >> 8), UInt8((count + 2) & 0xff)] + [UInt8](repeating: 0xc0, count: count)
    }

    private static let frame: [UInt8] = [0xff, 0xc0, 0, 17, 8, 0x01, 0xe0, 0x02, 0x80, 3, 1, 0x22, 0, 2, 0x11, 1]

    static let heads: [(String, [UInt8], [Int]?)] = [
        ("PNG", png([0, 0, 3, 0x20], [0, 0, 2, 0x58]), [800, 600]),
        (
            "PNG of the largest size", png([0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff]),
            [4_294_967_295, 4_294_967_295]
        ),
        ("PNG cut in its size", Array(png([0, 0, 3, 0x20], [0, 0, 2, 0x58]).prefix(23)), nil),
        ("PNG's first bytes alone", [0x89, 0x50, 0x4e, 0x47], nil),
        ("GIF", Array("GIF89a".utf8) + [0x40, 0x01, 0xf0, 0x00, 0], [320, 240]),
        ("GIF87", Array("GIF87a".utf8) + [0xff, 0xff, 0x01, 0x00], [65535, 1]),
        ("GIF cut", Array("GIF89a".utf8) + [0x40, 0x01, 0xf0], nil),
        ("JPEG", [0xff, 0xd8] + segment(14) + frame, [640, 480]),
        ("JPEG without segments", [0xff, 0xd8] + frame, [640, 480]),
        ("progressive JPEG", [0xff, 0xd8] + segment(2) + [0xff, 0xc2] + frame.dropFirst(2), [640, 480]),
        ("JPEG with tables before", [0xff, 0xd8, 0xff, 0xc4, 0, 4, 1, 2] + frame, [640, 480]),
        ("JPEG behind a large preview", [0xff, 0xd8] + segment(60_000) + segment(60_000) + frame, [640, 480]),
        ("JPEG cut in its segment", Array(([0xff, 0xd8] + segment(60_000)).prefix(1000)), nil),
        ("JPEG cut in its frame", [0xff, 0xd8] + frame.prefix(7), nil),
        ("JPEG with a segment of length 0", [0xff, 0xd8, 0xff, 0xe0, 0, 0] + [UInt8](repeating: 0, count: 40), nil),
        (
            "JPEG with a segment of the largest length", [0xff, 0xd8, 0xff, 0xe0, 0xff, 0xff, 1, 2, 3, 4, 5, 6, 7, 8],
            nil
        ),
        ("JPEG of markers only", [0xff, 0xd8] + [UInt8](repeating: 0xff, count: 4000), nil),
        ("JPEG's first bytes alone", [0xff, 0xd8], nil),
        ("lossy WebP", webP("VP8 ", [0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x02, 0xe0, 0x01]), [640, 480]),
        ("lossy WebP with scales", webP("VP8 ", [0, 0, 0, 0x9d, 0x01, 0x2a, 0x80, 0x42, 0xe0, 0xc1]), [640, 480]),
        ("lossless WebP", webP("VP8L", [0x2f, 0x7f, 0xc2, 0x77, 0x00]), [640, 480]),
        ("lossless WebP of the largest size", webP("VP8L", [0x2f, 0xff, 0xff, 0xff, 0xff]), [16384, 16384]),
        ("extended WebP", webP("VP8X", [0, 0, 0, 0, 0x7f, 0x02, 0, 0xdf, 0x01, 0]), [640, 480]),
        (
            "extended WebP of the largest size", webP("VP8X", [0, 0, 0, 0] + [UInt8](repeating: 0xff, count: 6)),
            [16_777_216, 16_777_216]
        ),
        ("WebP of an unknown kind", webP("VP9 ", [1, 2, 3]), nil),
        ("WebP cut", Array(webP("VP8X", [0, 0, 0, 0, 0x7f, 0x02, 0, 0xdf, 0x01, 0]).prefix(29)), nil),
        ("another format", Array("BM".utf8) + [UInt8](repeating: 7, count: 60), nil), ("nothing", [], nil),
    ]

    @Test("reads the size from a picture's head, and returns none if the head is damaged", arguments: heads)
    func isRead(name: String, bytes: [UInt8], size: [Int]?) {
        #expect(Self.size(bytes) == size, "\(name)")
    }

    @Test("no head traps, whatever its bytes: cut at each place and with each byte changed", arguments: heads)
    func damaged(name: String, bytes: [UInt8], size: [Int]?) {
        let bytes = Array(bytes.prefix(200))
        for count in bytes.indices { _ = Self.size(Array(bytes.prefix(count))) }
        for index in bytes.indices {
            for value: UInt8 in [0, 1, 0x7f, 0x80, 0xff] {
                var changed = bytes
                changed[index] = value
                _ = Self.size(changed)
            }
        }
    }

    @Test(
        "returns no size for what is not a picture in base64",
        arguments: [
            "", "data:", "data:image/", "data:image/png;base64,", "data:image/png;base64", "https://a.test/b.png",
            "data:text/plain;base64,iVBORw0KGgoAAAANSUhEUgAAAyAAAAJY", "data:image/png;base64,====",
            "data:image/png;base64,\u{0}\u{ff}",
            "data:image/" + String(repeating: "x", count: 200) + ";base64,iVBORw0KGgoAAAANSUhEUgAAAyAAAAJYCAIAAAA=",
        ])
    func noPicture(url: String) {
        #expect(Self.size(url: url) == nil)
    }

    @Test("accepts base64 with line breaks and in the URL-safe alphabet")
    func alphabets() {
        let head = "iVBORw0KGgoAAAANSUhEUgAA\r\nAyAAAAJYCAIAAAA="
        #expect(Self.size(url: "data:image/png;base64," + head) == [800, 600])
        // The bytes 0xfb 0xff are `+/8` in the common alphabet and `-_8` in the other.
        let gif = Base64.encode(Array("GIF89a".utf8) + [0xfb, 0xff, 0xfb, 0xff, 0, 0])
        let other = gif.replacing("+", with: "-").replacing("/", with: "_")
        #expect(other != gif)
        #expect(Self.size(url: "data:image/gif;base64," + other) == [65531, 65531])
    }

    @Test("a picture's size decides its tokens, and the largest sizes do not overflow")
    func tokens() {
        func tokens(_ bytes: [UInt8], detail: String) -> Int64 {
            let url = "data:image/png;base64,\(Base64.encode(bytes))"
            let body =
                #"{"model":"gpt-4o","messages":[{"role":"user","content":[{"type":"image_url","image_url":{"url":"\#(url)","detail":"\#(detail)"}}]}]}"#
            return PromptCounter(parser: JSONParser(), approximates: false).prompt(
                of: Array(body.utf8), model: "gpt-4o"
            ).tokens
        }
        let small = Self.png([0, 0, 1, 0], [0, 0, 1, 0])
        let large = Self.png([0xff, 0xff, 0xff, 0xff], [0xff, 0xff, 0xff, 0xff])
        // 85 tokens, and 170 for each tile: one tile for 256 × 256, four for 768 × 768.
        #expect(tokens(large, detail: "high") - tokens(small, detail: "high") == 3 * 170)
        #expect(tokens(large, detail: "low") == tokens(small, detail: "low"))
    }
}
