/// A stable 64-bit hash (FNV-1a with a final mix). The same bytes give the same value in every run.
package struct StableHash: Sendable {
    package private(set) var state: UInt64

    package init(seed: UInt64 = 0) { state = 0xcbf2_9ce4_8422_2325 ^ (seed &* 0x9e37_79b9_7f4a_7c15) }

    package mutating func mix(_ bytes: UnsafeRawBufferPointer) {
        var value = state
        var index = 0
        while index + 8 <= bytes.count {
            value = (value ^ bytes.loadUnaligned(fromByteOffset: index, as: UInt64.self)) &* 0x0000_0100_0000_01b3
            value ^= value >> 29
            index += 8
        }
        while index < bytes.count {
            value = (value ^ UInt64(bytes[index])) &* 0x0000_0100_0000_01b3
            index += 1
        }
        state = value
    }

    package mutating func mix(_ text: String) {
        var text = text
        text.withUTF8 { mix(UnsafeRawBufferPointer($0)) }
    }

    package var value: UInt64 {
        var value = state
        value = (value ^ (value >> 33)) &* 0xff51_afd7_ed55_8ccd
        value = (value ^ (value >> 33)) &* 0xc4ce_b9fe_1a85_ec53
        return value ^ (value >> 33)
    }
}

/// The SplitMix64 generator: small, fast, and the same on every machine.
package struct Seeded: RandomNumberGenerator, Sendable {
    private var state: UInt64

    package init(_ seed: UInt64) { state = seed }

    package mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// A number from 0 up to, and not including, `limit`.
    package mutating func below(_ limit: Int) -> Int { Int(next() % UInt64(max(1, limit))) }

    /// Random letters and digits, as in the providers' ids.
    package mutating func alphanumerics(_ count: Int) -> String {
        pick(count, from: "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz")
    }

    package mutating func hex(_ count: Int) -> String { pick(count, from: "0123456789abcdef") }

    /// Random letters and digits without those that look alike, as in Anthropic's ids.
    package mutating func base58(_ count: Int) -> String {
        pick(count, from: "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz")
    }

    private mutating func pick(_ count: Int, from alphabet: StaticString) -> String {
        let size = UInt64(alphabet.utf8CodeUnitCount)
        return String(unsafeUninitializedCapacity: count) { buffer in
            for index in 0..<count {
                buffer.initializeElement(at: index, to: alphabet.utf8Start[Int(next() % size)])
            }
            return count
        }
    }
}
