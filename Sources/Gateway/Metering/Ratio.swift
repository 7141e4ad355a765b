import Arithmetic

/// A price factor as a fixed-point decimal in billionths, so that no charge depends on floating point.
package struct Ratio: Sendable, Equatable, Comparable {
    package static let scale: Int64 = 1_000_000_000
    /// The value in billionths.
    package let units: Int64

    package static let one = Ratio(units: scale)
    package static let zero = Ratio(units: 0)

    package init(units: Int64) { self.units = units }

    /// Reads a decimal such as `2.5` or `1e-3`, rounded to a billionth. Returns `nil` for anything else, for negative
    /// numbers and for numbers above a billion.
    package init?(decimal text: some StringProtocol) {
        let parts = text.lowercased().split(separator: "e", omittingEmptySubsequences: false)
        guard parts.count <= 2, let mantissa = parts.first else { return nil }
        var exponent = 0
        if parts.count == 2 {
            guard let written = Int(parts[1]), (-39...39).contains(written) else { return nil }
            exponent = written
        }
        let halves = mantissa.split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = halves.count == 2 ? halves[1] : ""
        guard let whole = halves.first, !(whole.isEmpty && fraction.isEmpty) else { return nil }
        var digits: Int128 = 0
        for byte in whole.utf8 + Array(fraction.utf8.prefix(20)) {
            guard byte &- 0x30 < 10, digits < 1_000_000_000_000_000_000_000_000_000_000 else { return nil }
            digits = digits * 10 + Int128(byte - 0x30)
        }
        guard fraction.utf8.allSatisfy({ $0 &- 0x30 < 10 }) else { return nil }
        var shift = 9 + exponent - min(fraction.utf8.count, 20)
        while shift > 0, digits < 1 << 100 {
            digits *= 10
            shift -= 1
        }
        guard shift <= 0 else {
            if digits == 0 { self.init(units: 0) } else { return nil }
            return
        }
        while shift < -1 {
            digits /= 10
            shift += 1
        }
        if shift == -1 { digits = (digits + 5) / 10 }
        guard digits <= 1_000_000_000 * Int128(Self.scale) else { return nil }
        self.init(units: Int64(digits))
    }

    /// This times `factor` divided by `divisor`, exact to a billionth.
    func scaled(by factor: Ratio, over divisor: Ratio) -> Ratio {
        guard divisor.units > 0 else { return self }
        return Ratio(units: Int64(clamping: Int128(units) * Int128(factor.units) / Int128(divisor.units)))
    }

    package static func < (left: Ratio, right: Ratio) -> Bool { left.units < right.units }

    /// The value with two decimals, rounded half up, as in one-api's log texts.
    package var twoDecimals: String {
        let hundredths = units.plus(Self.scale / 200) / (Self.scale / 100)
        let fraction = hundredths % 100
        return "\(hundredths / 100).\(fraction < 10 ? "0" : "")\(fraction)"
    }
}
