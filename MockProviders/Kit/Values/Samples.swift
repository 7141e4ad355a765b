/// Values that providers of different formats share.
enum Samples {
    /// A PNG of one grey pixel: small, and valid for every decoder.
    static let png =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAAAAAA6fptVAAAACklEQVR4nGNoAAAAggCBd81ytgAAAABJRU5ErkJggg=="

    /// A unit vector that depends on the text only. A shorter vector is the front of the full one, scaled to length 1.
    static func vector(_ text: String, model: String, full: Int, size: Int) -> [Float] {
        var hash = StableHash()
        hash.mix(model)
        hash.mix(text)
        var random = Seeded(hash.value)
        var values = (0..<full).map { _ in Double(random.next() >> 11) / 9_007_199_254_740_992 - 0.5 }
        values.removeSubrange(size...)
        let length = values.reduce(0) { $0 + $1 * $1 }.squareRoot()
        return values.map { Float($0 / (length > 0 ? length : 1)) }
    }
}
