/// Chooses the channels of one request in turn: by weight within a tier, lower tiers when a tier is used up, none twice.
struct ChannelPicker {
    private let tiers: [[Channel]]
    private var last: Channel?
    /// Those before `last`; most requests need none, and so no memory.
    private var tried: [Channel] = []

    init(tiers: [[Channel]]) { self.tiers = tiers }

    /// The next channel to try; `nil` when all were tried.
    /// - Parameters:
    ///   - now: monotonic nanoseconds; channels whose breaker is open are left for last.
    ///   - random: a number below the bound that it is given.
    mutating func next(at now: UInt64, random: (Int) -> Int) -> Channel? {
        if let last { tried.append(last) }
        last = nil
        last =
            choose(random: random, where: { !$0.health.isOpen(at: now) && !isTried($0) })
            ?? choose(random: random, where: { !isTried($0) })
        return last
    }

    /// At least 1, lest a channel be out of reach.
    private static func share(_ channel: Channel, _ shift: Int) -> Int { max(1, channel.weight >> shift) }

    private func isTried(_ channel: Channel) -> Bool { tried.contains { $0 === channel } }

    private func choose(random: (Int) -> Int, where isEligible: (Channel) -> Bool) -> Channel? {
        for tier in tiers {
            var total: Int128 = 0
            var count = 0
            for channel in tier where isEligible(channel) {
                total += Int128(channel.weight)
                count += 1
            }
            guard count > 0 else { continue }
            // Weights whose sum is out of range lose their lowest bits, all as many, so that the shares stay.
            let shift = max(0, 66 - total.leadingZeroBitCount)
            if shift > 0 {
                total = 0
                for channel in tier where isEligible(channel) { total += Int128(Self.share(channel, shift)) }
            }
            var drawn = count == 1 ? 0 : random(Int(total))
            for channel in tier where isEligible(channel) {
                drawn -= Self.share(channel, shift)
                if drawn < 0 { return channel }
            }
        }
        return nil
    }
}
