extension Claude {
    /// An inline image: its size in tokens, if it is one.
    struct Picture {
        let tokens: Int

        init(_ data: String, _ path: String) throws(Failure) {
            guard let bytes = Base64.decode(data), !bytes.isEmpty else { throw .badImage }
            if bytes.count > 5_242_880 { throw .imageTooBig(path, bytes.count) }
            let isWebP = bytes.starts(with: Array("RIFF".utf8)) && bytes.dropFirst(8).starts(with: Array("WEBP".utf8))
            let heads: [[UInt8]] = [[0x89, 0x50, 0x4e, 0x47], [0xff, 0xd8, 0xff], Array("GIF8".utf8)]
            guard isWebP || heads.contains(where: { bytes.starts(with: $0) }) else { throw .badImage }
            guard bytes.count >= 24, bytes[0] == 0x89 else {
                tokens = 350
                return
            }
            // A PNG keeps its size in a fixed place (RFC 2083 §4.1.1); large ones are scaled down to about 1600 tokens.
            func number(_ start: Int) -> Int { bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
            let (area, overflows) = number(16).multipliedReportingOverflow(by: number(20))
            tokens = overflows ? 1600 : min(1600, max(1, area / 750))
        }
    }
}
