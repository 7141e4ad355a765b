/// Chooses the channels of one request in turn: by weight within a tier, lower tiers when a tier is used up, none twice.
struct ChannelPicker {
    private var tiers: [[Channel]]

    init(tiers: [[Channel]]) { self.tiers = tiers }

    /// The next channel to try; `nil` when all were tried.
    /// - Parameters:
    ///   - now: monotonic nanoseconds; channels whose breaker is open are left for last.
    ///   - random: a number below the bound that it is given.
    mutating func next(at now: UInt64, random: (Int) -> Int) -> Channel? {
        if let healthy = take(random: random, where: { !$0.health.isOpen(at: now) }) { return healthy }
        return take(random: random, where: { _ in true })
    }

    private mutating func take(random: (Int) -> Int, where isEligible: (Channel) -> Bool) -> Channel? {
        for tier in tiers.indices {
            let eligible = tiers[tier].indices.filter { isEligible(tiers[tier][$0]) }
            let total = eligible.reduce(0) { $0 + tiers[tier][$1].weight }
            guard total > 0 else { continue }
            var drawn = eligible.count == 1 ? 0 : random(total)
            for index in eligible {
                drawn -= tiers[tier][index].weight
                if drawn < 0 { return tiers[tier].remove(at: index) }
            }
        }
        return nil
    }
}
