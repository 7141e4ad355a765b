import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct TopicTests {
    @Test("a row read before a change ended is stale; one read during it may be used once; one read later is current")
    func change() {
        let topic = Topic()
        let before = topic.version
        #expect(topic.freshness(of: 1, readAt: before) == .current)
        topic.begin(1)
        let during = topic.version
        #expect(topic.freshness(of: 1, readAt: before) == .changing)
        #expect(topic.freshness(of: 2, readAt: before) == .current)
        #expect(topic.freshnessOfNothing(readAt: before) == .changing)
        topic.end(1)
        #expect(topic.freshness(of: 1, readAt: before) == .stale)
        #expect(topic.freshness(of: 1, readAt: during) == .stale)
        #expect(topic.freshness(of: 2, readAt: before) == .current)
        #expect(topic.freshnessOfNothing(readAt: before) == .stale)
        #expect(topic.freshness(of: 1, readAt: topic.version) == .current)
        #expect(topic.freshnessOfNothing(readAt: topic.version) == .current)
    }

    @Test("each of two concurrent changes of a row counts until it ends")
    func two() {
        let topic = Topic()
        topic.begin(1)
        topic.begin(1)
        topic.end(1)
        let between = topic.version
        #expect(topic.freshness(of: 1, readAt: between) == .changing)
        topic.end(1)
        #expect(topic.freshness(of: 1, readAt: between) == .stale)
        #expect(topic.freshness(of: 1, readAt: topic.version) == .current)
    }

    @Test("a change whose record was dropped among many others still makes older reads stale")
    func manyChanges() {
        let topic = Topic()
        let before = topic.version
        for row in 0..<10_000 as Range<Int64> {
            topic.begin(row)
            topic.end(row)
        }
        for row in [0, 5000, 9999, 20_000] as [Int64] {
            #expect(topic.freshness(of: row, readAt: before) == .stale)
            #expect(topic.freshness(of: row, readAt: topic.version) == .current)
        }
        let later = topic.version
        topic.begin(3)
        topic.end(3)
        #expect(topic.freshness(of: 4, readAt: later) == .current)
    }
}
