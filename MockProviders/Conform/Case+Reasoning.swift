import JSON
import MockKit

extension Case {
    private static let key: JSON = [
        "type": "function",
        "function": [
            "name": "get_key",
            "parameters": ["type": "object", "properties": ["door": ["type": "string"]], "required": ["door"]],
        ],
    ]

    private static let noReasoning = Verdict.absent("the model does not reason, or hides it")

    static let reasoning: [Case] = [
        Case("reasoning") { (judge) async throws(Verdict) in
            let answer = try await judge.answer(thoughtful(judge, "Think of Oslo."))
            let tokens = answer["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.int ?? 0
            let text = answer["choices"]?[0]?["message"]?["reasoning_content"]?.string ?? ""
            guard tokens > 0 || !text.isEmpty else {
                throw judge.servedReasoning ? .lost("the reasoning was served and not told") : noReasoning
            }
            try judge.expectBilled(answer["usage"])
        },
        Case("reasoning, streamed") { (judge) async throws(Verdict) in
            var body = thoughtful(judge, "Think of Oslo.")
            body["stream_options"] = ["include_usage": true]
            let answer = try await judge.stream(body)
            if answer.reasoning.isEmpty {
                throw judge.servedReasoning && !judge.hidesReasoning
                    ? .lost("the reasoning was served and not shown") : noReasoning
            }
            guard !answer.text.isEmpty else { throw .lost("there is no answer after the reasoning") }
            try judge.expectBilled(answer.usage)
        },
        Case("reasoning sent back with a tool's result") { (judge) async throws(Verdict) in
            var body = thoughtful(judge, "Which key?")
            body["tools"] = [key]
            let answer = try await judge.answer(body)
            guard let message = answer["choices"]?[0]?["message"] else { throw .lost("there is no message") }
            let blocks = (message["reasoning_details"]?.array ?? []).flatMap { [$0["signature"], $0["data"]] }
            let calls = (message["tool_calls"]?.array ?? []).map {
                $0["extra_content"]?["google"]?["thought_signature"]
            }
            let sealed = (blocks + calls).compactMap { $0?.string }
            if sealed.isEmpty {
                throw judge.servedReasoning && judge.sealsReasoning
                    ? .lost("the seal of the reasoning was served and not told") : .absent("no reasoning was sealed")
            }
            guard let id = message["tool_calls"]?[0]?["id"] else { throw .lost("no tool was called") }
            body["messages"] = [
                ["role": "user", "content": "Which key?"], message,
                ["role": "tool", "tool_call_id": id, "content": "the iron one"],
            ]
            _ = try await judge.answer(body)
            for seal in sealed { try judge.expectArrived(seal, "the seal of the reasoning") }
        },
        Case("a prompt from the provider's cache") { (judge) async throws(Verdict) in
            // Longer than the most that a provider asks for before it caches.
            let long = (0..<2500).map { "w\($0 % 97)" }.joined(separator: " ")
            let messages: JSON = [
                [
                    "role": "system",
                    "content": [
                        ["type": "text", "text": .string(long), "cache_control": ["type": "ephemeral"]]
                    ],
                ],
                ["role": "user", "content": "Hello."],
            ]
            var answer = JSON.null
            var cached = 0
            for _ in 0..<2 {
                let before = judge.mock.ledger.total.cachedTokens
                answer = try await judge.answer(judge.chat("", ["messages": messages]))
                cached = judge.mock.ledger.total.cachedTokens - before
            }
            if cached == 0 {
                guard judge.upstreamPath.hasPrefix("/anthropic") else { throw .absent("the provider cached nothing") }
                throw .lost("the breakpoint did not arrive upstream")
            }
            guard let usage = answer["usage"], usage.object != nil else { return }
            let reported = usage["prompt_tokens_details"]?["cached_tokens"]?.int ?? 0
            guard reported == cached else { throw .billed("\(reported) cached tokens, served were \(cached)") }
        },
    ]

    private static func thoughtful(_ judge: Judge, _ text: String) -> JSONObject {
        judge.chat(
            text, ["model": .string(judge.target.reasoningModel ?? judge.target.model), "reasoning_effort": "low"])
    }
}
