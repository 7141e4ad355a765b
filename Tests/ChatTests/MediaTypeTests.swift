import Chat
import JSON
import Testing

@Suite("What media are, by their bytes")
struct MediaTypeTests {
    static let heads: [(head: [UInt8], type: String?)] = [
        ([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a], "image/png"), ([0xff, 0xd8, 0xff, 0xe0], "image/jpeg"),
        (Array("GIF89a".utf8), "image/gif"), (Array("RIFF\0\0\0\0WEBPVP8 ".utf8), "image/webp"),
        (Array("BM".utf8) + [1, 2, 3, 4, 0, 0, 0, 0, 54], "image/bmp"), (Array("BMW is a maker".utf8), nil),
        (Array("II*\0".utf8), "image/tiff"), (Array("MM\0*".utf8), "image/tiff"),
        (Array("\0\0\0\u{18}ftypheic".utf8), "image/heic"), (Array("\0\0\0\u{18}ftypmif1".utf8), "image/heif"),
        (Array("\0\0\0\u{18}ftypavif".utf8), "image/avif"), (Array("%PDF-1.4\n".utf8), "application/pdf"),
        ([0xef, 0xbb, 0xbf] + Array("\r\n%PDF-1.7".utf8), "application/pdf"), (Array("See %PDF-1.4".utf8), nil),
        (Array("RIFF\0\0\0\0WAVEfmt ".utf8), "audio/wav"), (Array("ID3\u{4}".utf8), "audio/mpeg"),
        ([0xff, 0xfb, 0x90, 0x64], "audio/mpeg"), ([0xff, 0xf3, 0x44, 0xc4], "audio/mpeg"),
        ([0xff, 0xf1, 0x50, 0x80], "audio/aac"), ([0xff, 0xff, 0xff, 0xff], nil), ([0xff, 0xfe, 0x41, 0], nil),
        (Array("fLaC".utf8), "audio/flac"), (Array("OggS".utf8), "audio/ogg"),
        (Array("FORM\0\0\0\0AIFF".utf8), "audio/aiff"),
        (Array("\0\0\0\u{20}ftypM4A ".utf8), "audio/mp4"), (Array("\0\0\0\u{20}ftypisom".utf8), "video/mp4"),
        (Array("\0\0\0\u{14}ftypqt  ".utf8), "video/quicktime"),
        (Array("RIFF\0\0\0\0AVI LIST".utf8), "video/x-msvideo"),
        ([0x1a, 0x45, 0xdf, 0xa3, 0x9f, 0x42, 0x82, 0x84] + Array("webm".utf8), "video/webm"),
        ([0x1a, 0x45, 0xdf, 0xa3, 0xa3, 0x42, 0x82, 0x88] + Array("matroska".utf8), "video/x-matroska"),
        (Array("plain words".utf8), nil), (Array("<html>".utf8), nil), ([], nil), ([0xff], nil),
        (Array("RIFF".utf8), nil),
    ]

    @Test("the first bytes tell the type, in base64 too", arguments: heads)
    func isToldByHead(head: [UInt8], type: String?) {
        #expect(MediaType.of(head) == type)
        #expect(MediaType.of(base64: Base64.encode(head)) == type)
        #expect(MediaType.of(head + [UInt8](repeating: 0x41, count: 100)) == type)
    }

    @Test(
        "the bytes go before what somebody calls them, and a sound in a film's container stays a sound",
        arguments: [
            ("iVBORw0KGgo=", "image/jpeg", "image/png"), ("iVBORw0KGgo=", "", "image/png"),
            ("AAAA", "IMAGE/JPG; charset=utf-8", "image/jpeg"), ("AAAA", " image/png ", "image/png"), ("AAAA", "", ""),
            ("AAAAIGZ0eXBpc29t", "audio/m4a", "audio/mp4"), ("AAAAIGZ0eXBpc29t", "image/png", "video/mp4"),
            ("GkXfo59CgoR3ZWJt", "audio/webm", "audio/webm"), ("T2dnUw==", "video/ogg", "video/ogg"),
        ])
    func declared(data: String, declared: String, type: String) {
        #expect(MediaType.of(base64: data, declared: declared) == type)
    }

    private static let png = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB"

    static let addresses: [(address: String, type: String, data: String)] = [
        ("data:image/png;base64," + png, "image/png", png),
        ("data:image/png;charset=utf-8;base64," + png, "image/png", png),
        ("data:image/jpg;base64,/9j/4AAQSkZJRg==", "image/jpeg", "/9j/4AAQSkZJRg=="),
        ("data:image/jpeg;base64," + png, "image/png", png), ("data:;base64," + png, "image/png", png),
        ("DATA:Image/PNG;BASE64," + png, "image/png", png),
        (" \n data: image/png ; base64 , iVBORw0KGgoAAAAN\r\nSUhEUgAA\n AAEAAAAB\n", "image/png", png),
        ("data:image/png;base64;name=a.png," + png, "image/png", png),
        ("data:image/png," + png, "image/png", png), (png, "image/png", png),
        ("data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAAAAEAAAAB%0A", "image/png", png),
        ("data:image/webp;base64,_-79", "image/webp", "/+79"),
        ("data:image/webp;base64,%2F%2B79", "image/webp", "/+79"),
        ("data:image/webp;base64,QQ", "image/webp", "QQ=="), ("data:image/webp;base64,QUI", "image/webp", "QUI="),
        ("data:text/plain,hello%20world", "text/plain", "aGVsbG8gd29ybGQ="),
        ("data:application/pdf;base64,JVBERi0xLjQK", "application/pdf", "JVBERi0xLjQK"),
    ]

    @Test("a data address is read however it is written", arguments: addresses)
    func isRead(address: String, type: String, data: String) {
        #expect(Media(address: address) == .base64(type: type, data: data))
    }

    @Test(
        "any other address stays, without blanks around it",
        arguments: ["https://a.test/b.png", "data:image/png", "images/cat.png", "/9j", "gs://bucket/iVBORw0KGgo", ""])
    func others(address: String) {
        #expect(Media(address: address) == .url(address))
        #expect(Media(address: " \(address)\r\n") == .url(address))
    }

    @Test("a megabyte of base64 is looked at where it begins")
    func long() {
        let data = png(of: 1 << 20)
        #expect(Media(address: "data:image/gif;base64," + data) == .base64(type: "image/png", data: data))
    }

    private func png(of size: Int) -> String { Self.png + String(repeating: "A", count: size) }
}
