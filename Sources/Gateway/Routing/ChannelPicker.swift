/// Chooses the channels of one request one after the other: by weight within a tier, then from the next lower tier. It
/// chooses no channel twice.
struct ChannelPicker {
    private let tiers: [[Channel]]
    private var last: Channel?
    /// The channels tried before `last`. Most requests try only one, so the array allocates no memory.
    private var tried: [Channel] = []

    init(tiers: [[Channel]]) { self.tiers = tiers }

    /// The next channel to try; `nil` when all were tried.
    /// - Parameters:
    ///   - now: monotonic nanoseconds; channels whose breaker is open come last.
    ///   - random: returns a number below its argument.
    mutating func next(at now: UInt64, random: (Int) -> Int) -> Channel? {
        if let last { tried.append(last) }
        last = nil
        last =
            choose(random: random, where: { !$0.health.isOpen(at: now) && !isTried($0) })
            ?? choose(random: random, where: { !isTried($0) })
        return last
    }

    private func isTried(_ channel: Channel) -> Bool { tried.contains { $0 === channel } }

    private func choose(random: (Int) -> Int, where isEligible: (Channel) -> Bool) -> Channel? {
        for tier in tiers {
            var total = 0
            var count = 0
            for channel in tier where isEligible(channel) {
                // Weights are bounded, so the sum cannot overflow.
                total += channel.weight
                count += 1
            }
            guard count > 0 else { continue }
            var drawn = count == 1 ? 0 : random(total)
            for channel in tier where isEligible(channel) {
                drawn -= channel.weight
                if drawn < 0 { return channel }
            }
        }
        return nil
    }
}
