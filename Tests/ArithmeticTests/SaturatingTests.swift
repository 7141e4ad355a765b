import Arithmetic
import Testing

@Suite struct SaturatingTests {
    private static let ends: [Int64] = [.min, .min + 1, -2, -1, 0, 1, 2, .max - 1, .max]

    @Test(
        "operations are exact where the result fits and stop at the nearer end where it does not", arguments: ends, ends
    )
    func signed(left: Int64, right: Int64) {
        func clamped(_ value: Int128) -> Int64 { Int64(clamping: value) }
        #expect(left.plus(right) == clamped(Int128(left) + Int128(right)))
        #expect(left.minus(right) == clamped(Int128(left) - Int128(right)))
        #expect(left.times(right) == clamped(Int128(left) * Int128(right)))
        #expect(left.over(right) == (right == 0 ? nil : clamped(Int128(left) / Int128(right))))
    }

    @Test("unsigned numbers stop at zero and at their largest")
    func unsigned() {
        #expect(UInt64.max.plus(1) == .max)
        #expect(UInt64(1).minus(2) == 0)
        #expect(UInt64.max.times(2) == .max)
    }

    @Test(
        "a floating-point number becomes the nearest integer of the type",
        arguments: [
            (1e300, Int64.max), (-1e300, .min), (.infinity, .max), (-.infinity, .min), (.nan, 0), (1.9, 1), (-1.9, -1),
            (9_223_372_036_854_775_808, .max), (-9_223_372_036_854_775_808, .min),
        ])
    func double(value: Double, expected: Int64) {
        #expect(Int64(saturating: value) == expected)
    }
}
