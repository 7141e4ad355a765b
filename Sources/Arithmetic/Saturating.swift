/// Arithmetic that stops at the ends of the range.
///
/// Swift ends the process at an overflow. So whoever controls a number (in a request, a cookie, a header, an option, a
/// variable, a file, a database row, a journal or an upstream's answer) could stop the gateway with a sum. Use these
/// functions, or the standard library's `…ReportingOverflow`, for such numbers. `Scripts/check` lists the raw operators
/// that are left.
extension FixedWidthInteger {
    @inlinable
    package func plus(_ other: Self) -> Self {
        let (sum, overflow) = addingReportingOverflow(other)
        return overflow ? (other > 0 ? .max : .min) : sum
    }

    @inlinable
    package func minus(_ other: Self) -> Self {
        let (difference, overflow) = subtractingReportingOverflow(other)
        return overflow ? (other > 0 ? .min : .max) : difference
    }

    @inlinable
    package func times(_ other: Self) -> Self {
        let (product, overflow) = multipliedReportingOverflow(by: other)
        return overflow ? ((self < 0) == (other < 0) ? .max : .min) : product
    }

    /// The quotient, rounded towards zero; `nil` if the divisor is zero.
    @inlinable
    package func over(_ divisor: Self) -> Self? {
        if divisor == 0 { return nil }
        let (quotient, overflow) = dividedReportingOverflow(by: divisor)
        return overflow ? .max : quotient
    }

    /// The nearest number of this type; zero for NaN.
    @inlinable
    package init(saturating value: Double) {
        if value.isNaN {
            self = 0
        } else if let exact = Self(exactly: value.rounded(.towardZero)) {
            self = exact
        } else {
            self = value > 0 ? .max : .min
        }
    }
}
