import JSON
import MockKit

extension Case {
    static let text: [Case] = [
        Case("a whole answer, character by character") { (judge) async throws(Verdict) in
            let said = judge.mark + words
            judge.mock.add(script { $0.text = said })
            let answer = try await judge.answer(judge.chat("Hello."))
            try expect(answer.message?["content"]?.string ?? "", said, "the text")
            try expect(answer.finishReason, "stop", "finish_reason")
            try judge.expectBilled(answer["usage"])
        },
        Case("a stream, character by character") { (judge) async throws(Verdict) in
            let said = judge.mark + words
            judge.mock.add(script { $0.text = said })
            let answer = try await judge.stream(
                judge.chat("Hello.", ["stream_options": ["include_usage": true]]))
            try expect(answer.text, said, "the text")
            try expect(answer.finish ?? "", "stop", "finish_reason")
            guard answer.isDone else { throw .lost("the stream has no [DONE]") }
            guard answer.badChunks == 0 else { throw .lost("\(answer.badChunks) chunks are not OpenAI's") }
            guard answer.usage != nil else { throw .lost("usage was asked for and did not come") }
            try judge.expectBilled(answer.usage)
        },
        Case("a stream as it is made") { (judge) async throws(Verdict) in
            judge.mock.setPace(Pace(interval: 40_000_000))
            let reply = try await judge.ask(judge.chat("mock-tokens-50", ["stream": true]))
            try judge.check(reply)
            let answer = try judge.stream(reply)
            try judge.expectSaid(answer.text, judge.mark)
            guard judge.upstreamStreams else { throw .absent("the provider does not stream") }
            // The part that reached the client before the upstream had sent its last byte.
            let early = StreamReply(reply.body.prefix(reply.earlyBytes), isWhole: false)
            guard !early.text.isEmpty else { throw .lost("the first text came when the upstream had said its last") }
        },
        Case("instructions", refusedBy: ["system"]) { (judge) async throws(Verdict) in
            let messages: JSON = [
                ["role": "system", "content": "Answer like a pirate-7c1."], ["role": "user", "content": "Hello."],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            try judge.expectArrived("pirate-7c1", "the system message")
        },
        Case("a conversation of several turns") { (judge) async throws(Verdict) in
            let messages: JSON = [
                ["role": "user", "content": "first-3f2"], ["role": "assistant", "content": "second-9ab"],
                ["role": "user", "content": "third-55e"],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            for turn in ["first-3f2", "second-9ab", "third-55e"] { try judge.expectArrived(turn, "the turn \(turn)") }
        },
        Case("a limit on tokens", refusedBy: ["max_tokens", "max_completion_tokens"]) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(judge.chat("mock-tokens-50", ["max_tokens": 12]), saying: nil)
            // Reasoning may use up the whole limit.
            if !judge.servedReasoning { try judge.expectSaid(answer.message?["content"]?.string, judge.mark) }
            try expect(answer.finishReason, "length", "finish_reason")
            try judge.expectBilled(answer["usage"])
        },
        Case("the developer's message", refusedBy: ["developer"]) { (judge) async throws(Verdict) in
            let messages: JSON = [
                ["role": "developer", "content": "Answer like a sailor-b02."], ["role": "user", "content": "Hello."],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            try judge.expectArrived("sailor-b02", "the developer's message")
        },
        Case("instructions among the turns", refusedBy: ["system"]) { (judge) async throws(Verdict) in
            let messages: JSON = [
                ["role": "system", "content": "first-0c1"], ["role": "user", "content": "Hello."],
                ["role": "assistant", "content": "Yes?"], ["role": "system", "content": "second-4be"],
                ["role": "user", "content": "Go on."],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            for word in ["first-0c1", "second-4be"] { try judge.expectArrived(word, "the system message \(word)") }
        },
        Case("turns of one role in a row") { (judge) async throws(Verdict) in
            let messages: JSON = [
                ["role": "user", "content": "one-77d"], ["role": "user", "content": "two-c3a"],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            for turn in ["one-77d", "two-c3a"] { try judge.expectArrived(turn, "the turn \(turn)") }
        },
        Case("names of speakers", refusedBy: ["name"]) { (judge) async throws(Verdict) in
            let messages: JSON = [["role": "user", "name": "ada-5f9", "content": "Who am I?"]]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            guard try judge.arrived().contains("ada-5f9") else { throw .dropped("the name did not arrive upstream") }
        },
        Case("a refusal") { (judge) async throws(Verdict) in
            let words = judge.mark + " That I will not do."
            judge.mock.add(script { $0.refusal = words })
            let answer = try await judge.answer(judge.chat("Hello."), saying: nil)
            let fields = answer.message?["provider_specific_fields"]
            if fields?["stop_details"]?["explanation"]?.string == words { throw .dialect("provider_specific_fields") }
            try judge.expectSaid(answer.message?["refusal"]?.string ?? answer.message?["content"]?.string, words)
        },
        Case("an answer withheld by the provider's filter") { (judge) async throws(Verdict) in
            // Some targets report it as an error, and some do so only in streams.
            let reply = try await judge.ask(judge.chat("mock-filter and mock-tokens-20", ["stream": true]))
            let answer = StreamReply(reply)
            let code = (reply.error ?? answer.error)?["code"]?.string
            try expect(code ?? answer.finish ?? "", "content_filter", "the error's code or the finish_reason")
        },
    ]
}
