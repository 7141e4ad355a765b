import JSON
import MockKit

/// Settings of an answer. Those that change its meaning must arrive or be refused; the others may be dropped.
extension Case {
    static let sampling: [Case] = [
        arrives("temperature", "0.375", ["temperature": 0.375]),
        arrives("top_p", "0.625", ["top_p": 0.625]),
        Case("stop sequences", refusedBy: ["stop"]) { (judge) async throws(Verdict) in
            _ = try await judge.answer(judge.chat("Hello.", ["stop": ["halt-4d4"]]))
            try judge.expectArrived("halt-4d4", "the stop sequence")
        },
        Case("several answers", refusedBy: ["n"]) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(judge.chat("Hello.", ["n": 2]))
            try expect(answer["choices"]?.array?.count ?? 0, 2, "the number of answers")
            try judge.expectBilled(answer["usage"])
        },
        Case("log-probabilities", refusedBy: ["logprobs", "top_logprobs"]) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(judge.chat("Hello.", ["logprobs": true, "top_logprobs": 2]))
            guard let first = answer["choices"]?[0]?["logprobs"]?["content"]?[0] else {
                throw .lost("the answer has no log-probabilities")
            }
            try expect(first["top_logprobs"]?.array?.count ?? 0, 2, "the number of alternatives")
        },
        may("seed", "731905", ["seed": 731_905]),
        may("frequency_penalty", "0.375", ["frequency_penalty": 0.375]),
        may("presence_penalty", "0.375", ["presence_penalty": 0.375]),
        may("the user's name for abuse reports", "user-2b7", ["user": "user-2b7"]),
        may("metadata", "label-6d2", ["metadata": ["purpose": "label-6d2"], "store": true]),
        may("service_tier", "flex", ["service_tier": "flex"]),
    ]

    private static func arrives(_ name: String, _ value: String, _ fields: JSONObject) -> Case {
        Case(name, refusedBy: fields.members.map(\.key)) { (judge) async throws(Verdict) in
            _ = try await judge.answer(judge.chat("Hello.", fields))
            try judge.expectArrived(value, name)
        }
    }

    private static func may(_ name: String, _ value: String, _ fields: JSONObject) -> Case {
        Case(name, refusedBy: fields.members.map(\.key)) { (judge) async throws(Verdict) in
            _ = try await judge.answer(judge.chat("Hello.", fields))
            guard try judge.arrived().contains(value) else { throw .dropped("it did not arrive upstream") }
        }
    }
}
