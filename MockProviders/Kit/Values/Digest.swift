/// SHA-256 (FIPS 180-4) and HMAC (RFC 2104), for signatures.
enum Digest {
    /// The HMAC in hexadecimal digits.
    static func hmac(key: [UInt8], _ message: [UInt8]) -> String { hex(hmacBytes(key: key, message)) }

    static func hmacBytes(key: [UInt8], _ message: [UInt8]) -> [UInt8] {
        var block = key.count > 64 ? sha256(key) : key
        block += [UInt8](repeating: 0, count: 64 - block.count)
        let inner = sha256(block.map { $0 ^ 0x36 } + message)
        return sha256(block.map { $0 ^ 0x5c } + inner)
    }

    private static func hex(_ bytes: [UInt8]) -> String {
        let digits = Array("0123456789abcdef".utf8)
        return String(
            decoding: bytes.flatMap { [digits[Int($0 >> 4)], digits[Int($0 & 15)]] }, as: UTF8.self)
    }

    static func sha256(_ message: [UInt8]) -> [UInt8] {
        var state: [UInt32] = [
            0x6a09_e667, 0xbb67_ae85, 0x3c6e_f372, 0xa54f_f53a, 0x510e_527f, 0x9b05_688c, 0x1f83_d9ab,
            0x5be0_cd19,
        ]
        var padded = message + [0x80]
        padded += [UInt8](repeating: 0, count: (120 - padded.count % 64) % 64)
        let bits = UInt64(message.count) * 8
        for shift in stride(from: 56, through: 0, by: -8) {
            padded.append(UInt8(truncatingIfNeeded: bits >> UInt64(shift)))
        }
        for start in stride(from: 0, to: padded.count, by: 64) {
            compress(padded[start..<(start + 64)], into: &state)
        }
        return state.flatMap { word in
            [24, 16, 8, 0].map { UInt8(truncatingIfNeeded: word >> UInt32($0)) }
        }
    }

    private static func compress(_ block: ArraySlice<UInt8>, into state: inout [UInt32]) {
        var words = [UInt32](repeating: 0, count: 64)
        for (index, byte) in block.enumerated() { words[index / 4] = words[index / 4] << 8 | UInt32(byte) }
        for index in 16..<64 {
            let (old, new) = (words[index - 15], words[index - 2])
            let low = rotate(old, 7) ^ rotate(old, 18) ^ (old >> 3)
            let high = rotate(new, 17) ^ rotate(new, 19) ^ (new >> 10)
            words[index] = words[index - 16] &+ low &+ words[index - 7] &+ high
        }
        var v = state
        for index in 0..<64 {
            let high = rotate(v[4], 6) ^ rotate(v[4], 11) ^ rotate(v[4], 25)
            let choice = (v[4] & v[5]) ^ (~v[4] & v[6])
            let first = v[7] &+ high &+ choice &+ constants[index] &+ words[index]
            let low = rotate(v[0], 2) ^ rotate(v[0], 13) ^ rotate(v[0], 22)
            let majority = (v[0] & v[1]) ^ (v[0] & v[2]) ^ (v[1] & v[2])
            v = [first &+ low &+ majority, v[0], v[1], v[2], v[3] &+ first, v[4], v[5], v[6]]
        }
        for index in 0..<8 { state[index] = state[index] &+ v[index] }
    }

    private static func rotate(_ word: UInt32, _ count: UInt32) -> UInt32 {
        word >> count | word << (32 - count)
    }

    /// The first bits of the cube roots of the first 64 primes: `floor(frac(cbrt(p)) * 2^32)`. They are computed.
    private static let constants: [UInt32] = {
        var primes: [UInt64] = []
        var candidate: UInt64 = 2
        while primes.count < 64 {
            if !primes.contains(where: { candidate % $0 == 0 }) { primes.append(candidate) }
            candidate += 1
        }
        return primes.map { prime in
            // The greatest r with r³ <= prime · 2⁹⁶. Its low 32 bits are the constant.
            var (low, high): (UInt64, UInt64) = (0, 8 << 32)
            while high - low > 1 {
                let middle = (low + high) / 2
                let square = middle.multipliedFullWidth(by: middle)
                if isAbove(square, times: middle, prime) { high = middle } else { low = middle }
            }
            return UInt32(truncatingIfNeeded: low)
        }
    }()

    /// Whether `square * factor > prime << 96`.
    private static func isAbove(
        _ square: (high: UInt64, low: UInt64), times factor: UInt64, _ prime: UInt64
    ) -> Bool {
        let low = square.low.multipliedFullWidth(by: factor)
        // This does not overflow: `square.high` is below 2^6 and `factor` is below 2^35.
        let middle = square.high * factor + low.high
        let bound = prime << 32
        return middle > bound || (middle == bound && low.low > 0)
    }
}
