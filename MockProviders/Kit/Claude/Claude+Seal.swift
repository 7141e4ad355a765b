extension Claude {
    /// The signature of a thinking block: base64 that only the mock can make, bound to the text of the block.
    enum Seal {
        enum Verdict { case genuine, modified, forged }

        private static let head: [UInt8] = [0x12, 0xbf, 0x04, 0x0a, 0x48, 0x08, 0x07, 0x18, 0x02]
        private static let size = 156

        /// - Parameter nonce: a number that follows from the request.
        static func make(_ text: String, nonce: UInt64) -> String { Base64.encode(bytes(text, nonce)) }

        static func check(_ signature: String, of text: String) -> Verdict {
            guard let sealed = Base64.decode(signature), sealed.count == size, sealed.starts(with: head) else {
                return .forged
            }
            let nonce = number(sealed[head.count...])
            let digest = number(sealed[(head.count + 8)...])
            guard sealed == bytes(digest: digest, nonce) else { return .forged }
            return digest == Self.digest(text) ? .genuine : .modified
        }

        /// The contents of a redacted block. They do not contain the text.
        static func redact(nonce: UInt64) -> String { make("redacted", nonce: nonce) }

        static func isRedacted(_ data: String) -> Bool { check(data, of: "redacted") == .genuine }

        private static func bytes(_ text: String, _ nonce: UInt64) -> [UInt8] { bytes(digest: digest(text), nonce) }

        private static func bytes(digest: UInt64, _ nonce: UInt64) -> [UInt8] {
            var bytes = head
            for value in [nonce, digest] { withUnsafeBytes(of: value.littleEndian) { bytes += Array($0) } }
            var hash = StableHash(seed: 0x5ea1)
            bytes.withUnsafeBytes { hash.mix($0) }
            var random = Seeded(hash.value)
            while bytes.count < size { bytes.append(UInt8(truncatingIfNeeded: random.next() >> 17)) }
            return bytes
        }

        private static func digest(_ text: String) -> UInt64 {
            var hash = StableHash(seed: 0xc1a0)
            hash.mix(text)
            return hash.value
        }

        private static func number(_ bytes: ArraySlice<UInt8>) -> UInt64 {
            bytes.prefix(8).reversed().reduce(0) { $0 << 8 | UInt64($1) }
        }
    }
}
