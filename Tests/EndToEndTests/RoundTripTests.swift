import JSON
import MockKit
import TestTraits
import Testing

@testable import Gateway

/// Generated conversations, the same in every run. For every provider, whole and streamed, the upstream must get what
/// the client sent, and the client must get what the upstream said.
@Suite(.inTurn) struct RoundTripTests {
    private static let count = 24

    @Test("a generated conversation arrives unchanged in both directions", arguments: Upstream.all)
    func conversations(_ upstream: Upstream) async throws {
        let installation = try await Installation(models: nil)
        try installation.addChannel(upstream.type, upstream.key, upstream.prefix, models: upstream.model)
        // The first call may fetch an access token, which must not use up a script.
        _ = try installation.chat("Hello.", model: upstream.model)
        for seed in 0..<Self.count {
            var talk = Conversation(
                seed: UInt64(seed), hasTools: upstream.passes("the results of calls"),
                hasParallelCalls: upstream.passes("two calls at once, streamed"))
            talk.isStream = talk.isStream && upstream.passes("a stream, character by character")
            installation.mock.add(talk.script)
            let answer = try installation.ask(
                "POST", "/v1/chat/completions", key: "Bearer sk-roottoken", talk.request(model: upstream.model))
            try #require(answer.status == 200, "seed \(seed): \(answer.body)")
            let heard = talk.isStream ? Heard(stream: answer.body) : Heard(whole: answer.body)
            #expect(heard.text == talk.reply, "seed \(seed)")
            #expect(heard.calls == talk.calls, "seed \(seed)")
            let entry = try #require(installation.mock.journal.entries.last { $0.method == "POST" })
            try expectArrived(talk, try JSON.parse(entry.body), seed)
        }
        await installation.close()
    }

    /// The texts of the turns must be in strings of the body, in the order of the turns; instructions may be anywhere.
    private func expectArrived(_ talk: Conversation, _ body: JSON, _ seed: Int) throws {
        var strings: [String] = []
        Self.collect(body, into: &strings)
        for text in talk.instructions { #expect(strings.contains { $0.contains(text) }, "seed \(seed): \(text)") }
        var place = 0
        for text in talk.turns {
            let found = strings[place...].firstIndex { $0.contains(text) }
            try #require(found != nil, "seed \(seed): '\(text)' is not in its place")
            place = found ?? place
        }
    }

    /// Collects the strings of a value in order, including those of JSON within a string, as arguments have it.
    private static func collect(_ value: JSON, into strings: inout [String]) {
        switch value {
        case .string(let text):
            strings.append(text)
            if text.hasPrefix("{"), let inner = try? JSON.parse(Array(text.utf8)) { collect(inner, into: &strings) }
        case .array(let items): for item in items { collect(item, into: &strings) }
        case .object(let object): for member in object.members { collect(member.value, into: &strings) }
        default: break
        }
    }
}

/// What the client got.
private struct Heard {
    var text = ""
    var calls: [Conversation.Call] = []

    init(whole body: String) {
        let message = (try? JSON.parse(Array(body.utf8)))?["choices"]?[0]?["message"]
        text = message?["content"]?.string ?? ""
        calls = (message?["tool_calls"]?.array ?? []).map { Conversation.Call($0["function"]) }
    }

    init(stream body: String) {
        var pieces: [(name: String, arguments: String)] = []
        for line in body.split(separator: "\n") where line.hasPrefix("data: {") {
            let delta = (try? JSON.parse(Array(line.dropFirst(6).utf8)))?["choices"]?[0]?["delta"]
            text += delta?["content"]?.string ?? ""
            for call in delta?["tool_calls"]?.array ?? [] {
                let index = Int(call["index"]?.int ?? 0)
                while pieces.count <= index { pieces.append(("", "")) }
                pieces[index].name += call["function"]?["name"]?.string ?? ""
                pieces[index].arguments += call["function"]?["arguments"]?.string ?? ""
            }
        }
        calls = pieces.map { Conversation.Call(name: $0.name, arguments: $0.arguments) }
    }
}
