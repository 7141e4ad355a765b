import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct ChannelPickerTests {
    private func channel(_ id: Int64, weight: Int = 1) -> Channel {
        Channel(
            id: id, type: 1, name: "c", key: Secret("k"), baseURL: "", models: ["m"], groups: ["default"],
            weight: weight)
    }

    private func chosen(_ tiers: [[Channel]], drawn: (Int) -> Int) -> Int64? {
        var picker = ChannelPicker(tiers: tiers)
        return picker.next(at: 0, random: drawn)?.id
    }

    @Test("a channel's share is proportional to its weight")
    func shares() {
        let tier = [channel(1, weight: 3), channel(2, weight: 1)]
        var counts: [Int64: Int] = [:]
        for number in 0..<4 { counts[chosen([tier]) { number % $0 } ?? 0, default: 0] += 1 }
        #expect(counts == [1: 3, 2: 1])
    }

    @Test("weights whose sum would overflow are limited, and get equal shares", arguments: [2, 3, 5])
    func largestWeights(count: Int) {
        let tier = (1...count).map { channel(Int64($0), weight: .max) } + [channel(99, weight: 1)]
        // Draws the middle of each share.
        for number in 0..<count {
            #expect(chosen([tier]) { $0 / (2 * count) * (2 * number + 1) } == Int64(number + 1))
        }
        #expect(chosen([tier]) { $0 - 1 } == 99)
    }

    @Test("each channel is tried once, tier by tier")
    func order() {
        var picker = ChannelPicker(tiers: [[channel(1)], [channel(2), channel(3)]])
        let order = (0..<4).map { _ in picker.next(at: 0) { $0 - 1 }?.id }
        #expect(order == [1, 3, 2, nil])
    }
}

@Suite(.inTurn) struct ChannelHealthTests {
    private let bad = health(1)
    private let good = health(2)

    private static func health(_ id: Int64) -> Channel {
        Channel(id: id, type: 1, name: "c", key: Secret("k"), baseURL: "", models: ["m"], groups: ["default"])
    }

    private func fail(_ times: Int, at now: UInt64) { for _ in 0..<times { bad.health.failed(at: now) } }

    @Test("opens at the limit and not before; an open channel comes last")
    func opens() {
        fail(ChannelHealth.failureLimit - 1, at: 100)
        #expect(!bad.health.isOpen(at: 101))
        fail(1, at: 100)
        #expect(bad.health.isOpen(at: 101))
        var picker = ChannelPicker(tiers: [[bad], [good]])
        let first = picker.next(at: 200) { _ in 0 }
        let second = picker.next(at: 200) { _ in 0 }
        #expect(first === good && second === bad)
    }

    @Test("closes after a time on trial: the next failure opens it at once")
    func closesByTime() {
        fail(ChannelHealth.failureLimit, at: 100)
        #expect(bad.health.isOpen(at: 99 + ChannelHealth.coolDown))
        let later = 100 + ChannelHealth.coolDown
        #expect(!bad.health.isOpen(at: later))
        fail(1, at: later)
        #expect(bad.health.isOpen(at: later + 1))
    }

    @Test("a success closes it and clears the failures before")
    func resets() {
        fail(ChannelHealth.failureLimit, at: 100)
        bad.health.succeeded()
        #expect(!bad.health.isOpen(at: 101))
        fail(ChannelHealth.failureLimit - 1, at: 100)
        #expect(!bad.health.isOpen(at: 101))
    }

    @Test("accepts an upstream's Retry-After, up to a minute", arguments: [(2, 2), (60, 60), (61, 60), (.max, 60)])
    func retryAfter(asked: Int, seconds: UInt64) {
        bad.health.failed(at: 100, retryAfter: asked)
        #expect(bad.health.isOpen(at: 99 + seconds * 1_000_000_000))
        #expect(!bad.health.isOpen(at: 100 + seconds * 1_000_000_000))
    }

    @Test("ignores a nonsensical Retry-After and does not overflow at a clock's end", arguments: [Int.min, -1, 0])
    func nonsense(asked: Int) {
        bad.health.failed(at: 100, retryAfter: asked)
        #expect(!bad.health.isOpen(at: 101))
        bad.health.failed(at: .max, retryAfter: 60)
        #expect(!bad.health.isOpen(at: .max))
    }
}
