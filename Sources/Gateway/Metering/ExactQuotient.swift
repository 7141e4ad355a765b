extension UInt128 {
    /// This times `factor` divided by `divisor`, rounded down, with all bits of the product; `.max` if the quotient is
    /// larger.
    /// - Parameter divisor: above zero.
    func scaled(by factor: UInt128, over divisor: UInt128) -> (quotient: UInt128, isExact: Bool) {
        let (product, overflows) = multipliedReportingOverflow(by: factor)
        if !overflows {
            let (quotient, rest) = product.quotientAndRemainder(dividingBy: divisor)
            return (quotient, rest == 0)
        }
        let wide = multipliedFullWidth(by: factor)
        // Otherwise the quotient has more than 128 bits, and the division below would end the process.
        guard wide.high < divisor else { return (.max, true) }
        let (quotient, rest) = divisor.dividingFullWidth(wide)
        return (quotient, rest == 0)
    }
}
