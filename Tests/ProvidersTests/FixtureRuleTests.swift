import JSON
import Providers
import TestKit
import Testing

/// What every folder of fixtures must have. A parameterised test without cases passes, so an empty or misspelled folder
/// would go unnoticed.
@Suite("The fixtures")
struct FixtureRuleTests {
    @Test("a provider's folder has cases, and some of them are whole answers", arguments: ProviderCase.roots)
    func roots(_ root: String) {
        let cases = ProviderCase.all.filter { $0.root == root }
        #expect(!cases.isEmpty, "Fixtures/\(root)/chat has no folders")
        #expect(cases.contains { $0.response != nil && $0.answer != nil })
        // PaLM has no streams.
        #expect(cases.contains { $0.stream != nil && $0.answer != nil } || root == "PaLM")
        #expect(cases.contains { $0.upstream != nil } && cases.contains { $0.isRefused || root == "Azure" })
    }

    @Test("OpenAI's folder and the tokenizer's have cases")
    func others() {
        #expect(!FixtureCase.wholes.isEmpty && !FixtureCase.streams.isEmpty)
        #expect(Fixture.bytes("Tokenizer/cases.json").flatMap { try? JSON.parse($0) }?.array?.isEmpty == false)
    }

    @Test("every provider in the registry, and every vendor with a dialect, has a folder and an upstream in the mock")
    func providers() throws {
        let chats = Set(ProviderCase.all.compactMap { $0.settings["type"]?.int.map { Int($0) } })
        let rows = try #require(try JSON.parse(Fixture.read("upstreams.json")).array)
        let upstreams = Set(rows.compactMap { $0["type"]?.int.map { Int($0) } })
        for provider in ProviderRegistry.all {
            let types = Set(provider.descriptor.channelTypes)
            #expect(!types.isDisjoint(with: upstreams), "\(provider.descriptor.name) is not in Fixtures/upstreams.json")
            // `FixtureCase` reads OpenAI's own fixtures.
            guard !types.contains(1) else { continue }
            #expect(!types.isDisjoint(with: chats), "\(provider.descriptor.name) has no folder in Fixtures")
        }
        for (type, vendor) in OpenAIVendor.all where !vendor.dialect.isEmpty {
            #expect(chats.contains(type) && upstreams.contains(type), "\(vendor.name)")
        }
        for row in rows {
            let type = Int(try #require(row["type"]?.int))
            #expect(ProviderRegistry.provider(of: type) != nil && row["model"]?.string?.isEmpty == false)
        }
    }

    @Test(
        "a case has a request, a provider, something to check, and an upstream body unless it checks only the answer",
        arguments: ProviderCase.all)
    func rules(_ fixture: ProviderCase) throws {
        #expect((try? JSON.parse(fixture.request))?["messages"]?.array != nil, "request.json")
        #expect(throws: Never.self) { try fixture.provider }
        #expect(fixture.response == nil || fixture.stream == nil)
        let saysWhatGoes = fixture.upstream != nil || fixture.isRefused
        #expect(
            saysWhatGoes != fixture.isOfAnswerOnly,
            """
            needs upstream.json, or "refused" or "checks": "answer" in case.json; \
            UPDATE_FIXTURES=1 swift test --filter ProviderCaseTests writes the former
            """)
        #expect(!fixture.isOfAnswerOnly || fixture.response != nil || fixture.stream != nil)
        let isWhole = fixture.response != nil && fixture.status < 400 && fixture.outcome == "complete"
        #expect(!isWhole || fixture.answer != nil, "answer.json")
        #expect(fixture.outcome == "complete" || fixture.settings["failure"] != nil || fixture.outcome == "cut")
    }

    @Test("one of OpenAI's cases has a request, one answer, and the expected result", arguments: FixtureCase.all)
    func ownRules(_ fixture: FixtureCase) {
        #expect((try? JSON.parse(fixture.request))?["messages"]?.array != nil)
        #expect((fixture.response == nil) != (fixture.stream == nil))
        #expect(!fixture.outcome.isEmpty)
    }
}
