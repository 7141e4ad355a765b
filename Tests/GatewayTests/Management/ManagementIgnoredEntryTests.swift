import Database
import JSON
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// Price tables with invalid entries. one-api's own table has one.
@Suite(.inTurn) struct ManagementIgnoredEntryTests {
    private static let options = PriceTable.options
    private static let table = #"{"good":2,"bad":-500000,"text":"3","none":null,"large":1e10,"good2":0.5}"#
    private static let bad = ["bad", "large", "none", "text"]

    /// The log's lines about stored options.
    private func lines(_ gateway: ManagedGateway) async -> [String] {
        await gateway.shutDown()
        let text = String(decoding: readFile(gateway.directory.path + "/oneapi.log"), as: UTF8.self)
        return text.split(separator: "\n").map(String.init).filter { $0.contains("stored option") }
    }

    private func item(_ key: String, _ list: JSON) -> JSON? { list.array?.first { $0["key"]?.string == key } }

    @Test("a stored table loses only its bad entries, and the answers name them", arguments: options)
    func stored(option: String) async throws {
        let gateway = try await ManagedGateway(
            seed: { try $0.setOption(option, Self.table) }, keepsLog: true)
        let prices = gateway.gateway.services.options.snapshot.prices
        #expect(prices.ignored == [option: Self.bad])
        let rates = prices.rates(model: "good", channelType: 1, group: "good")
        switch option {
        case "ModelRatio": #expect(rates.model.twoDecimals == "2.00")
        case "CompletionRatio": #expect(rates.completion.twoDecimals == "2.00")
        case "GroupRatio": #expect(rates.group.twoDecimals == "2.00" && prices.groups == ["good", "good2"])
        case "CacheRatio": #expect(rates.parts.cached.twoDecimals == "2.00")
        case "CreateCacheRatio": #expect(rates.parts.cacheWrite.twoDecimals == "2.00")
        case "AudioRatio": #expect(rates.parts.audioPrompt.twoDecimals == "2.00")
        default: #expect(rates.parts.audioCompletion.twoDecimals == "2.00")
        }
        let answer = try gateway.send("GET", "/api/option/").json
        #expect(answer["success"] == true)
        #expect(answer["message"]?.string?.hasSuffix("\(option): bad, large, none, text") == true)
        let list = answer["data"] ?? .null
        #expect(item(option, list)?["value"]?.string == Self.table)
        #expect(item(option, list)?["ignored"] == ["bad", "large", "none", "text"])
        #expect(item("SystemName", list)?.keys == ["key", "value"])
        // Neither a reload nor a change of another option logs it again.
        try gateway.data("PUT", "/api/option/", ["key": "Notice", "value": "a"])
        try gateway.data("PUT", "/api/option/", ["key": "Notice", "value": "b"])
        let said = await lines(gateway)
        #expect(said.count == 1 && said.first?.hasSuffix("names=\(option): bad, large, none, text") == true)
    }

    @Test("a table with bad entries can be saved, and the answer names the ignored ones", arguments: options)
    func saved(option: String) async throws {
        let gateway = try await ManagedGateway(keepsLog: true)
        func save(_ value: String) throws -> JSON {
            try gateway.send("PUT", "/api/option/", ["key": .string(option), "value": .string(value)]).json
        }
        let answer = try save(Self.table)
        #expect(answer["success"] == true && answer["ignored"] == ["bad", "large", "none", "text"])
        #expect(answer["message"]?.string?.hasSuffix(": bad, large, none, text") == true)
        #expect(gateway.gateway.services.options.snapshot.prices.ignored == [option: Self.bad])
        #expect(try await gateway.database.read { try $0.options().map(\.value) } == [Self.table])
        // If a name comes twice, its last value counts.
        #expect(try save(#"{"m":-1,"m":1}"#).keys == ["success", "message"])
        #expect(try save(#"{"m":1,"m":-1,"n":1}"#)["ignored"] == ["m"])
        #expect(try gateway.send("GET", "/api/option/").message.hasSuffix("\(option): m"))
        #expect(try save("{}")["message"] == "")
        #expect(try gateway.send("GET", "/api/option/").message == "")
        #expect(await lines(gateway).count == 2)
    }

    @Test("one-api's own table keeps all its prices but the invalid one")
    func original() async throws {
        let gateway = try await ManagedGateway(seed: { connection in
            try connection.setOption(
                "ModelRatio", #"{"gpt-4o":7.5,"openrouter/auto":-500000,"deepl-zh":12.5,"mine":3}"#)
        })
        let prices = gateway.gateway.services.options.snapshot.prices
        func ratio(_ model: String) -> String {
            prices.rates(model: model, channelType: 1, group: "default").model.twoDecimals
        }
        #expect(["gpt-4o", "mine", "openrouter/auto"].map(ratio) == ["7.50", "3.00", "30.00"])
    }

    @Test("of many bad names only some are written out, and the others are counted")
    func many() async throws {
        let gateway = try await ManagedGateway()
        let table = (0..<1000).map { "\"name\($0)\":-1" }.joined(separator: ",")
        let body: JSON = ["key": "ModelRatio", "value": .string("{\"m\":1,\(table)}")]
        let answer = try gateway.send("PUT", "/api/option/", body)
        #expect(answer.json["ignored"]?.array?.count == 1000)
        #expect(answer.message.hasSuffix(" and 950 more") && answer.message.utf8.count < 8000)
    }

    @Test("an option that cannot be used at all is reported to readers of the options, and logged once")
    func whole() async throws {
        let gateway = try await ManagedGateway(seed: { try $0.setOption("GroupRatio", "{") }, keepsLog: true)
        #expect(try gateway.send("GET", "/api/option/").message.contains("GroupRatio is not valid JSON"))
        try gateway.data("PUT", "/api/option/", ["key": "Notice", "value": "a"])
        #expect(await lines(gateway).count == 1)
    }
}
