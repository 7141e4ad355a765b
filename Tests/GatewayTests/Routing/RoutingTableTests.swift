import Database
import Providers
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct RoutingTableTests {
    private func record(_ id: Int64, _ change: (inout ChannelRecord) -> Void = { _ in }) -> ChannelRecord {
        var record = ChannelRecord()
        (record.id, record.type, record.key, record.models) = (id, 1, "k", "a,b")
        change(&record)
        return record
    }

    @Test("an enabled channel serves its own models for its own groups, by priority")
    func routes() {
        let table = RoutingTable(
            channels: [
                record(1), record(2) { $0.priority = 5 }, record(3) { $0.group = "vip" },
                record(4) { ($0.status, $0.models) = (2, "a,off") }, record(5) { $0.models = "c,," },
            ].map { Channel($0) })
        #expect(table.tiers(group: "default", model: "a").map { $0.map(\.id) } == [[2], [1]])
        #expect(table.tiers(group: "vip", model: "a").map { $0.map(\.id) } == [[3]])
        #expect(table.tiers(group: "vip", model: "c").isEmpty && table.tiers(group: "nobody", model: "a").isEmpty)
        #expect(table.tiers(group: "default", model: "").isEmpty && table.tiers(group: "default", model: "off").isEmpty)
        #expect(table.knows("off") && !table.knows("x"))
        #expect(table.models(of: "default") == ["a", "b", "c"] && table.models(of: "nobody").isEmpty)
        #expect(table.channel(4)?.isEnabled == false && table.channel(9) == nil)
    }

    @Test("a row's numbers are limited, and missing settings come from the channel's type")
    func channel() {
        let plain = Channel(record(1) { ($0.type, $0.baseURL) = (24, "http://a.test//") }, defaults: [24: ["x": "y"]])
        #expect(plain.weight == 1 && plain.priority == 0 && plain.systemPrompt == nil)
        #expect(plain.upstream.baseURL == "http://a.test" && plain.upstream.settings["x"] == "y")
        let large = Channel(record(1) { ($0.weight, $0.priority) = (.max, .max) })
        #expect(large.weight == 1_000_000 && large.priority == 1_000_000_000)
        let small = Channel(record(1) { ($0.weight, $0.priority) = (.min, .min) })
        #expect(small.weight == 1 && small.priority == -1_000_000_000)
        let full = Channel(
            record(1) {
                ($0.type, $0.other, $0.config, $0.systemPrompt) = (24, "v9", #"{"x":"own","n":5}"#, "")
                $0.modelMapping = #"{"a":"z","b":"","n":5}"#
            }, defaults: [24: ["x": "y", "api_version": "v1"]])
        #expect(full.upstream.settings["x"] == "own" && full.upstream.settings["api_version"] == "v9")
        #expect(full.systemPrompt == nil)
        #expect(["a", "b", "c", "n"].map { full.upstreamModel(for: $0) } == ["z", "b", "c", "n"])
    }

    @Test("a channel keeps its health when its row changes")
    func health() {
        let old = Channel(record(1))
        #expect(Channel(record(1) { $0.name = "new" }, keepingHealthOf: old).health === old.health)
        #expect(Channel(record(1)).health !== old.health)
    }
}
