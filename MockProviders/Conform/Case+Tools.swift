import JSON
import MockKit

extension Case {
    private static let weather: JSON = [
        "type": "function",
        "function": [
            "name": "get_weather", "description": "Tells the weather-8e1.",
            "parameters": [
                "type": "object", "properties": ["city": ["type": "string", "description": "a town"]],
                "required": ["city"],
            ],
        ],
    ]
    private static let clock: JSON = [
        "type": "function",
        "function": [
            "name": "get_time",
            "parameters": ["type": "object", "properties": ["zone": ["type": "string"]], "required": ["zone"]],
        ],
    ]
    private static let fields = ["tools", "functions", "tool_calls"]
    private static let arguments = #"{"city":"Tromsø \"north\""}"#

    private static func expectCall(_ call: JSON?, _ name: String, _ arguments: String) throws(Verdict) {
        try expect(call?["function"]?["name"]?.string ?? "", name, "the tool's name")
        let given = try? JSON.parse(Array((call?["function"]?["arguments"]?.string ?? "").utf8))
        guard let given, given == (try? JSON.parse(Array(arguments.utf8))) else {
            throw .lost(
                "the arguments are \(call?["function"]?["arguments"]?.string ?? "missing"), and the upstream said "
                    + arguments)
        }
        guard call?["id"]?.string?.isEmpty == false else { throw .lost("the call has no id") }
    }

    /// Sends the result of a call back to the model.
    /// - Parameters:
    ///   - text: the result.
    ///   - words: the part of it that must arrive upstream.
    private static func result(_ name: String, _ text: String, _ words: String) -> Case {
        Case(name, refusedBy: fields) { (judge) async throws(Verdict) in
            judge.mock.add(script { $0.toolCalls = [.init(name: "get_weather", arguments: arguments)] })
            let first = try await judge.answer(judge.chat("Weather?", ["tools": [weather]]), saying: nil)
            guard let message = first.message, let id = message["tool_calls"]?[0]?["id"] else {
                throw .lost("there is no call to answer")
            }
            let messages: JSON = [
                ["role": "user", "content": "Weather?"], message,
                ["role": "tool", "tool_call_id": id, "content": .string(text)],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages, "tools": [weather]]))
            try judge.expectArrived(words, "the result")
        }
    }

    static let tools: [Case] = [
        Case("a tool's definition and a call", refusedBy: fields) { (judge) async throws(Verdict) in
            judge.mock.add(script { $0.toolCalls = [.init(name: "get_weather", arguments: arguments)] })
            let answer = try await judge.answer(judge.chat("Weather?", ["tools": [weather]]), saying: nil)
            try judge.expectArrived("weather-8e1", "the tool's description")
            try expectCall(answer.message?["tool_calls"]?[0], "get_weather", arguments)
            try expect(answer.finishReason, "tool_calls", "finish_reason")
            try judge.expectBilled(answer["usage"])
        },
        Case("two calls at once, streamed", refusedBy: fields) { (judge) async throws(Verdict) in
            judge.mock.add(
                script {
                    $0.toolCalls = [
                        .init(name: "get_weather", arguments: arguments),
                        .init(name: "get_time", arguments: #"{"zone":"UTC"}"#),
                    ]
                })
            let answer = try await judge.stream(judge.chat("Both.", ["tools": [weather, clock]]))
            if let served = judge.mock.ledger.entries.last?.toolCalls, served < 2 {
                throw .absent("the provider makes one call at a time")
            }
            try expect(answer.calls.map(\.name), ["get_weather", "get_time"], "the names of the calls")
            for (call, wanted) in zip(answer.calls, [arguments, #"{"zone":"UTC"}"#]) {
                guard let given = try? JSON.parse(Array(call.arguments.utf8)),
                    given == (try? JSON.parse(Array(wanted.utf8)))
                else {
                    throw .lost("the arguments of \(call.name) are \(call.arguments), and the upstream said \(wanted)")
                }
            }
            guard Set(answer.calls.map(\.id)).count == 2 else { throw .lost("the calls have not an id each") }
            try expect(answer.finish ?? "", "tool_calls", "finish_reason")
        },
        result("the results of calls", "minus 7-e9f", "minus 7-e9f"),
        // OpenAI's format has no flag for a failed call.
        result("the error of a call", #"{"error":"no such town-3b8"}"#, "no such town-3b8"),
        Case("a tool by name", refusedBy: fields + ["tool_choice"]) { (judge) async throws(Verdict) in
            let choice: JSON = ["type": "function", "function": ["name": "get_time"]]
            let answer = try await judge.answer(
                judge.chat("Hello.", ["tools": [weather, clock], "tool_choice": choice]), saying: nil)
            let call = answer.message?["tool_calls"]?[0]
            try expect(call?["function"]?["name"]?.string ?? "", "get_time", "the tool that was called")
        },
        Case("any tool, but one", refusedBy: fields + ["tool_choice"]) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(
                judge.chat("mock-no-tools", ["tools": [weather], "tool_choice": "required"]), saying: nil)
            let call = answer.message?["tool_calls"]?[0]
            try expect(call?["function"]?["name"]?.string ?? "", "get_weather", "the tool that was called")
        },
        Case("one call at a time", refusedBy: fields + ["parallel_tool_calls"]) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(
                judge.chat("mock-calls-2", ["tools": [weather, clock], "parallel_tool_calls": false]), saying: nil)
            let count = answer.message?["tool_calls"]?.array?.count ?? 0
            guard count == 1 else { throw .lost("\(count) tools were called at once") }
        },
        Case("no tool, though there are some", refusedBy: fields + ["tool_choice"]) { (judge) async throws(Verdict) in
            let answer = try await judge.answer(judge.chat("Hello.", ["tools": [weather], "tool_choice": "none"]))
            guard answer.message?["tool_calls"]?[0] == nil else { throw .lost("a tool was called") }
        },
    ]
}
