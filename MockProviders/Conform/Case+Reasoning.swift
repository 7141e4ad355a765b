import JSON
import MockKit

/// The signatures by which a provider recognises its own reasoning, and the member that holds them.
private struct Seals {
    var texts: [String] = []
    /// The member that holds them, if the providers' own OpenAI formats do not have it.
    var dialect: String?

    init(of message: JSON) {
        let calls = message["tool_calls"]?.array ?? []
        let blocks = message["reasoning_details"]?.array ?? []
        texts = blocks.flatMap { [$0["signature"]?.string, $0["data"]?.string].compactMap(\.self) }
        texts += calls.compactMap { $0["extra_content"]?["google"]?["thought_signature"]?.string }
        if !texts.isEmpty { return }
        texts = (message["thinking_blocks"]?.array ?? []).flatMap {
            [$0["signature"]?.string, $0["data"]?.string].compactMap(\.self)
        }
        dialect = "thinking_blocks"
        if !texts.isEmpty { return }
        for owner in calls + [message] {
            let fields = owner["provider_specific_fields"]
            texts += [fields?["thought_signature"]?.string].compactMap(\.self)
            texts += (fields?["thought_signatures"]?.array ?? []).compactMap(\.string)
        }
        dialect = "provider_specific_fields"
    }
}

extension Case {
    private static let key: JSON = [
        "type": "function",
        "function": [
            "name": "get_key",
            "parameters": ["type": "object", "properties": ["door": ["type": "string"]], "required": ["door"]],
        ],
    ]

    private static let noReasoning = Verdict.absent("the model does not reason, or hides it")

    private static let fields = ["reasoning_effort", "reasoning", "thinking"]

    static let reasoning: [Case] = [
        Case("reasoning", refusedBy: fields) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(thoughtful(judge, "Think of Oslo."))
            let tokens = answer["usage"]?["completion_tokens_details"]?["reasoning_tokens"]?.int ?? 0
            let text = answer.message?["reasoning_content"]?.string ?? ""
            let other = answer.message?["reasoning"]?.string ?? ""
            guard tokens > 0 || !text.isEmpty || !other.isEmpty else {
                throw judge.servedReasoning ? .lost("the reasoning was served and not told") : noReasoning
            }
            try judge.expectBilled(answer["usage"])
            if tokens == 0, text.isEmpty { throw .dialect("reasoning") }
        },
        Case("reasoning, streamed", refusedBy: fields) { (judge) async throws(Verdict) in
            var body = thoughtful(judge, "Think of Oslo.")
            body["stream_options"] = ["include_usage": true]
            let answer = try await judge.stream(body)
            if answer.reasoning.isEmpty {
                throw judge.servedReasoning && !judge.hidesReasoning
                    ? .lost("the reasoning was served and not shown") : noReasoning
            }
            guard !answer.text.isEmpty else { throw .lost("there is no answer after the reasoning") }
            try judge.expectBilled(answer.usage)
            if let dialect = answer.reasoningDialect { throw .dialect(dialect) }
        },
        Case("reasoning sent back with a tool's result", refusedBy: fields + ["tools"]) {
            (judge) async throws(Verdict) in
            var body = thoughtful(judge, "Which key?")
            body["tools"] = [key]
            let answer = try await judge.answer(body, saying: nil)
            guard let message = answer.message else { throw .lost("there is no message") }
            let seals = Seals(of: message)
            if seals.texts.isEmpty {
                throw judge.servedReasoning && judge.sealsReasoning
                    ? .lost("the seal of the reasoning was served and not told") : .absent("no reasoning was sealed")
            }
            guard let id = message["tool_calls"]?[0]?["id"] else { throw .lost("no tool was called") }
            body["messages"] = [
                ["role": "user", "content": "Which key?"], message,
                ["role": "tool", "tool_call_id": id, "content": "the iron one"],
            ]
            _ = try await judge.answer(body, saying: nil)
            for seal in seals.texts { try judge.expectArrived(seal, "the seal of the reasoning") }
            if let dialect = seals.dialect { throw .dialect(dialect) }
        },
        Case("a prompt from the provider's cache") { (judge) async throws(Verdict) in
            // Longer than any provider's smallest cacheable prompt.
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
                let reply = try await judge.ask(judge.chat("", ["messages": messages]))
                guard !judge.usesCacheStore else {
                    throw .absent("the mock does not play the provider's store of prompts")
                }
                answer = try judge.answer(reply, saying: judge.mark)
                cached = judge.mock.ledger.total.cachedTokens - before
            }
            if cached == 0 {
                guard judge.cachesByBreakpoint else { throw .absent("the provider cached nothing") }
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
