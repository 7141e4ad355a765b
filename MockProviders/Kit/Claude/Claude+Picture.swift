extension Claude {
    /// An inline image, checked, and its size in tokens.
    struct Picture {
        let tokens: Int

        init(_ data: String, _ path: String) throws(Failure) {
            guard let bytes = Base64.decode(data), !bytes.isEmpty else { throw .badImage }
            if bytes.count > 5_242_880 { throw .imageTooBig(path, bytes.count) }
            guard let kind = PictureFormat(bytes) else { throw .badImage }
            guard bytes.count >= 24, kind == .png else {
                tokens = 350
                return
            }
            // A PNG has its size at a fixed place (RFC 2083 §4.1.1). Large pictures are scaled down to about 1600
            // tokens.
            func number(_ start: Int) -> Int { bytes[start..<(start + 4)].reduce(0) { $0 << 8 | Int($1) } }
            let (area, overflows) = number(16).multipliedReportingOverflow(by: number(20))
            tokens = overflows ? 1600 : min(1600, max(1, area / 750))
        }
    }
}
