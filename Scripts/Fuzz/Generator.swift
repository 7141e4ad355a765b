/// Pseudo-random choices that depend only on a seed (SplitMix64), and damage made with them.
struct Generator: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xbf58_476d_1ce4_e5b9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94d0_49bb_1331_11eb
        return mixed ^ (mixed >> 31)
    }

    mutating func below(_ limit: Int) -> Int { limit > 0 ? Int(next() % UInt64(limit)) : 0 }

    mutating func pick(_ samples: [[UInt8]]) -> [UInt8] {
        samples.isEmpty ? [] : samples[below(samples.count)]
    }

    /// A byte with a meaning in formats, or any byte.
    private mutating func byte() -> UInt8 {
        let special: [UInt8] = [
            0, 9, 10, 13, 32, 34, 35, 44, 45, 47, 48, 49, 57, 58, 59, 63, 64, 91, 92, 93, 97, 123, 125, 127, 128, 192,
            237, 244, 255,
        ]
        return below(3) == 0 ? UInt8(truncatingIfNeeded: next()) : special[below(special.count)]
    }

    /// A number at the limit of some integer type, or a text that is no number.
    mutating func extreme() -> [UInt8] {
        let numbers = [
            "9223372036854775807", "-9223372036854775808", "9223372036854775808", "-9223372036854775809",
            "18446744073709551615", "1152921504606846976", "4294967296", "2147483648", "1099511627776", "-1", "0",
            "1e308", "1e-9223372036854775808", "1e19", "9e18", "0.1", "-0", "1e400",
        ]
        return Array(numbers[below(numbers.count)].utf8)
    }

    /// Replaces a number by another.
    private mutating func renumber(_ bytes: inout [UInt8]) {
        guard let first = bytes[below(bytes.count)...].firstIndex(where: { (0x30...0x39).contains($0) }) else { return }
        let end = bytes[first...].firstIndex { !(0x30...0x39).contains($0) } ?? bytes.endIndex
        bytes.replaceSubrange(first..<end, with: extreme())
    }

    /// The sample after up to six small changes: bytes are replaced, inserted or removed, runs are doubled or cut off,
    /// or numbers become extreme.
    mutating func damaged(_ sample: [UInt8]) -> [UInt8] {
        var bytes = sample
        for _ in 0..<below(7) {
            let position = below(bytes.count)
            let end = min(bytes.count, position + 1 + below(12))
            switch below(8) {
            case 0 where !bytes.isEmpty: bytes[position] = byte()
            case 1: bytes.insert(byte(), at: position)
            case 2 where !bytes.isEmpty: bytes.remove(at: position)
            case 3: bytes.insert(contentsOf: bytes[position..<end], at: below(bytes.count))
            case 4: bytes.removeSubrange(position..<end)
            case 5, 6: renumber(&bytes)
            default: if below(4) == 0 { bytes.removeSubrange(position...) }
            }
        }
        return bytes
    }

    /// The bytes in random pieces.
    mutating func split(_ bytes: [UInt8]) -> [[UInt8]] {
        var pieces: [[UInt8]] = []
        var start = 0
        while start < bytes.count {
            let end = min(bytes.count, start + 1 + below(below(4) == 0 ? 40 : 3))
            pieces.append(Array(bytes[start..<end]))
            start = end
        }
        return pieces
    }
}

/// A decoder, and what must hold for any input.
protocol FuzzTarget {
    var name: String { get }
    /// Well-formed inputs to start from.
    var samples: [[UInt8]] { get }
    /// - Returns: what is wrong, or `nil`.
    func check(_ input: [UInt8], _ generator: inout Generator) -> String?
}
