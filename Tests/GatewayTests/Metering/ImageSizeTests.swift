import HTTP
import Testing

@testable import Gateway

@Suite struct ImageSizeTests {
    private static func big(_ number: Int) -> [UInt8] { [UInt8(number >> 8 & 255), UInt8(number & 255)] }
    private static func little(_ number: Int) -> [UInt8] { big(number).reversed() }
    private static let zero12 = [UInt8](repeating: 0, count: 12)

    private static let png: [UInt8] =
        [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10, 0, 0, 0, 13] + Array("IHDR".utf8) + [0, 0] + big(1024) + [0, 0]
        + big(768)
    private static let gif = Array("GIF89a".utf8) + little(640) + little(480) + [0, 0]
    /// With a comment before the frame.
    private static let jpeg: [UInt8] =
        [0xff, 0xd8, 0xff, 0xfe] + big(6) + [1, 2, 3, 4, 0xff, 0xc0] + big(17) + [8] + big(600) + big(800) + zero12
    private static func webp(_ kind: String, _ rest: [UInt8]) -> [UInt8] {
        Array("RIFF".utf8) + [0, 0, 0, 0] + Array("WEBP".utf8) + Array(kind.utf8) + rest + zero12
    }
    private static let lossy = webp("VP8 ", [0, 0, 0, 0, 0, 0, 0, 0x9d, 1, 0x2a] + little(320) + little(200))
    private static let lossless = webp("VP8L", [0, 0, 0, 0, 0x2f] + little(99 | (49 & 3) << 14) + little(49 >> 2))
    private static let extended = webp("VP8X", [0, 0, 0, 0, 0, 0, 0, 0] + little(1999) + [0] + little(999) + [0])

    static let images: [(String, [UInt8], Int, Int)] = [
        ("png", png, 1024, 768), ("gif", gif, 640, 480), ("jpeg", jpeg, 800, 600), ("webp", lossy, 320, 200),
        ("webp", lossless, 100, 50), ("webp", extended, 2000, 1000),
    ]

    private func read(_ bytes: [UInt8], _ type: String) -> (width: Int, height: Int)? {
        Array("data:image/\(type);base64,\(Base64.encode(bytes))".utf8).withUnsafeBytes { ImageSize.read(dataURL: $0) }
    }

    @Test("reads the size from the head of each format", arguments: images)
    func reads(type: String, bytes: [UInt8], width: Int, height: Int) {
        let size = read(bytes, type)
        #expect(size?.width == width && size?.height == height, "\(String(describing: size))")
    }

    @Test("a head that was cut off, at any byte, has another size or none, and ends nothing", arguments: images)
    func cutOff(type: String, bytes: [UInt8], width: Int, height: Int) {
        for count in 0..<bytes.count { _ = read(Array(bytes[..<count]), type) }
        #expect(read([], type).map(\.width) == nil)
    }

    @Test(
        "an address, or anything else, has none",
        arguments: ["https://a.test/b.png", "data:image/png", "data:text/plain,x"])
    func none(text: String) {
        #expect(Array(text.utf8).withUnsafeBytes { ImageSize.read(dataURL: $0)?.width } == nil)
    }
}
