/// Audio in the right format: a quiet tone as WAV or PCM, and only the magic bytes of the compressed formats.
enum Sound {
    static let rate = 24_000

    static func bytes(format: String, milliseconds: Int) -> [UInt8] {
        let count = min(milliseconds, 60_000) * rate / 1000
        switch format {
        case "pcm", "pcm16": return samples(count)
        case "wav": return header(count * 2) + samples(count)
        case "mp3": return frames([0xff, 0xf3, 0x44, 0xc4], size: 144, count: milliseconds / 24 + 1)
        case "flac": return Array("fLaC".utf8) + [UInt8](repeating: 0, count: 256)
        case "opus": return Array("OggS".utf8) + [UInt8](repeating: 0, count: 256)
        default: return frames([0xff, 0xf1, 0x58, 0x40], size: 128, count: milliseconds / 42 + 1)
        }
    }

    /// A square wave of 200 Hz: 16 bits, little-endian, mono.
    private static func samples(_ count: Int) -> [UInt8] {
        var bytes: [UInt8] = []
        bytes.reserveCapacity(count * 2)
        for index in 0..<count { bytes += index / 60 % 2 == 0 ? [0x00, 0x04] : [0x00, 0xfc] }
        return bytes
    }

    private static func header(_ size: Int) -> [UInt8] {
        func little(_ value: Int, _ width: Int) -> [UInt8] { (0..<width).map { UInt8(value >> (8 * $0) & 255) } }
        return Array("RIFF".utf8) + little(36 + size, 4) + Array("WAVEfmt ".utf8) + little(16, 4) + little(1, 2)
            + little(1, 2) + little(rate, 4) + little(rate * 2, 4) + little(2, 2) + little(16, 2) + Array("data".utf8)
            + little(size, 4)
    }

    private static func frames(_ head: [UInt8], size: Int, count: Int) -> [UInt8] {
        let frame = head + [UInt8](repeating: 0, count: size - head.count)
        return (0..<max(1, min(count, 4096))).flatMap { _ in frame }
    }
}
