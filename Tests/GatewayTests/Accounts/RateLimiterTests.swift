import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct RateLimiterTests {
    private let second: UInt64 = 1_000_000_000

    @Test("windows and times of any size do not overflow", arguments: [0, 1, UInt64.max / 1_000_000_000, UInt64.max])
    func extremes(seconds: UInt64) {
        let limiter = RateLimiter(limit: 1, seconds: seconds)
        for now in [0, 1, UInt64.max - 1, UInt64.max, 5] { _ = limiter.accepts("a", now: now) }
        #expect(RateLimiter(limit: Int.max, seconds: seconds).accepts("a", now: .max))
    }

    @Test("requests in quick succession expire like others")
    func chain() {
        let limiter = RateLimiter(limit: 2000, seconds: 10)
        let start = 100 * second
        // One request each millisecond for 12 s: the limit is reached, and the first ones expire after ten seconds.
        let accepted = (0..<12_000 as Range<UInt64>).filter { limiter.accepts("a", now: start + $0 * second / 1000) }
        #expect(accepted.prefix(2000).elementsEqual(0..<2000))
        #expect((3900...4000).contains(accepted.count))
    }

    @Test("requests that are stored as one time with a count still count one by one")
    func merged() {
        let limiter = RateLimiter(limit: 5000, seconds: 10)
        let accepted = (0..<9000 as Range<UInt64>).filter { limiter.accepts("a", now: 100 * second + $0) }
        #expect(accepted.count == 5000)
        #expect(!limiter.accepts("a", now: 109 * second))
        #expect(limiter.accepts("a", now: 111 * second))
    }

    @Test("a request that was taken back does not count")
    func takenBack() {
        let limiter = RateLimiter(limit: 2, seconds: 10)
        for number in 0..<10 as Range<UInt64> {
            #expect(limiter.accepts("a", now: (100 + number / 4) * second + number))
            limiter.takeBack("a")
        }
        #expect(limiter.accepts("a", now: 103 * second) && limiter.accepts("a", now: 104 * second))
        #expect(!limiter.accepts("a", now: 105 * second))
        limiter.takeBack("nobody")
    }

    @Test("a key that is still in use stays counted when a flood of other keys makes the limiter forget some")
    func flood() {
        let limiter = RateLimiter(limit: 2, seconds: 1000)
        let now = 5000 * second
        #expect(limiter.accepts("a", now: now) && limiter.accepts("a", now: now))
        for number in 0..<180_000 {
            _ = limiter.accepts("key \(number)", now: now)
            if number % 20_000 == 0 { #expect(!limiter.accepts("a", now: now)) }
        }
        #expect(limiter.keys <= 100_001)
    }
}
