import JSON

/// Reads pixel sizes from the head of an inline image. Images by address are not fetched for counting.
enum ImageSize {
    /// - Parameter url: `data:image/…;base64,…`.
    /// - Returns: `nil` for anything else and for unknown formats.
    static func read(dataURL url: UnsafeRawBufferPointer) -> (width: Int, height: Int)? {
        guard url.starts(with: "data:image/".utf8), let comma = url.prefix(100).firstIndex(of: 0x2c) else { return nil }
        let text = UnsafeRawBufferPointer(rebasing: url[(comma + 1)...])
        let head = Base64.decodeBeginning(of: text, limit: 32)
        // In a JPEG the size can come after an embedded preview.
        return size(head.starts(with: [0xff, 0xd8]) ? Base64.decodeBeginning(of: text, limit: 256 << 10) : head)
    }

    private static func size(_ bytes: [UInt8]) -> (Int, Int)? {
        func big16(_ at: Int) -> Int { at + 1 < bytes.count ? Int(bytes[at]) << 8 | Int(bytes[at + 1]) : 0 }
        func little16(_ at: Int) -> Int { at + 1 < bytes.count ? Int(bytes[at + 1]) << 8 | Int(bytes[at]) : 0 }
        if bytes.starts(with: [0x89, 0x50, 0x4e, 0x47]), bytes.count >= 24 {
            return (big16(16) << 16 | big16(18), big16(20) << 16 | big16(22))
        }
        if bytes.starts(with: [0x47, 0x49, 0x46]), bytes.count >= 10 { return (little16(6), little16(8)) }
        if bytes.starts(with: [0xff, 0xd8]) { return jpeg(bytes) }
        if bytes.count >= 30, bytes[8..<15].elementsEqual("WEBPVP8".utf8) {
            switch bytes[15] {
            case 0x20: return (little16(26) & 0x3fff, little16(28) & 0x3fff)
            case 0x4c:
                let bits = little16(21) | little16(23) << 16
                return ((bits & 0x3fff) + 1, (bits >> 14 & 0x3fff) + 1)
            case 0x58: return ((little16(24) | Int(bytes[26]) << 16) + 1, (little16(27) | Int(bytes[29]) << 16) + 1)
            default: return nil
            }
        }
        return nil
    }

    private static func jpeg(_ bytes: [UInt8]) -> (Int, Int)? {
        var index = 2
        while index + 9 < bytes.count, bytes[index] == 0xff {
            let marker = bytes[index + 1]
            if marker >= 0xc0, marker <= 0xcf, marker != 0xc4, marker != 0xc8, marker != 0xcc {
                let height = Int(bytes[index + 5]) << 8 | Int(bytes[index + 6])
                return (Int(bytes[index + 7]) << 8 | Int(bytes[index + 8]), height)
            }
            index += 2 + (Int(bytes[index + 2]) << 8 | Int(bytes[index + 3]))
        }
        return nil
    }
}
