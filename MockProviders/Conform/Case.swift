import JSON
import MockKit

/// One thing that a gateway must not lose.
struct Case: Sendable {
    let name: String
    let run: @Sendable (Judge) async throws(Verdict) -> Void

    init(_ name: String, _ run: @escaping @Sendable (Judge) async throws(Verdict) -> Void) {
        self.name = name
        self.run = run
    }

    static let all: [Case] = text + tools + content + failures

    /// Letters of one to four bytes, quotes, control characters and an escape.
    static let words = "Grüße aus Bergen: \"fish\" \\ 12 °C,\n晴れ 😀 👩‍👩‍👧."

    static func script(_ change: (inout Script) -> Void) -> Script {
        var script = Script()
        change(&script)
        return script
    }

    static func expect(_ value: some Equatable, _ wanted: some Equatable, _ what: String) throws(Verdict) {
        guard "\(value)" == "\(wanted)" else { throw .lost("\(what) is \(value), not \(wanted)") }
    }
}

// MARK: Text

extension Case {
    private static let text: [Case] = [
        Case("a whole answer, letter by letter") { (judge) async throws(Verdict) in
            judge.mock.add(script { $0.text = words })
            let answer = try await judge.answer(judge.chat("Hello."))
            try expect(answer["choices"]?[0]?["message"]?["content"]?.string ?? "", words, "the text")
            try expect(answer["choices"]?[0]?["finish_reason"]?.string ?? "", "stop", "finish_reason")
            try judge.expectBilled(answer["usage"])
        },
        Case("a stream, letter by letter") { (judge) async throws(Verdict) in
            judge.mock.add(script { $0.text = words })
            let answer = try await judge.stream(
                judge.chat("Hello.", ["stream_options": ["include_usage": true]]))
            try expect(answer.text, words, "the text")
            try expect(answer.finish ?? "", "stop", "finish_reason")
            guard answer.isDone else { throw .lost("the stream has no [DONE]") }
            guard answer.badChunks == 0 else { throw .lost("\(answer.badChunks) chunks are not OpenAI's") }
            guard answer.usage != nil else { throw .lost("usage was asked for and did not come") }
            try judge.expectBilled(answer.usage)
        },
        Case("a stream whose usage nobody asked for") { (judge) async throws(Verdict) in
            let answer = try await judge.stream(judge.chat("Hello."))
            guard answer.usage == nil else { throw .lost("usage came uncalled") }
        },
        Case("instructions") { (judge) async throws(Verdict) in
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
        Case("a limit on tokens") { (judge) async throws(Verdict) in
            let answer = try await judge.answer(judge.chat("mock-tokens-50", ["max_tokens": 5]))
            try expect(answer["choices"]?[0]?["finish_reason"]?.string ?? "", "length", "finish_reason")
            try judge.expectBilled(answer["usage"])
        },
        Case("stop sequences") { (judge) async throws(Verdict) in
            _ = try await judge.answer(judge.chat("Hello.", ["stop": ["halt-4d4"]]))
            try judge.expectArrived("halt-4d4", "the stop sequence")
        },
    ]
}

// MARK: Tools

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
    private static let arguments = #"{"city":"Tromsø \"north\""}"#

    private static func expectCall(_ call: JSON?, _ name: String, _ arguments: String) throws(Verdict) {
        try expect(call?["function"]?["name"]?.string ?? "", name, "the tool's name")
        let given = try? JSON.parse(Array((call?["function"]?["arguments"]?.string ?? "").utf8))
        guard let given, given == (try? JSON.parse(Array(arguments.utf8))) else {
            throw .lost("the arguments are \(call?["function"]?["arguments"]?.string ?? "missing")")
        }
        guard call?["id"]?.string?.isEmpty == false else { throw .lost("the call has no id") }
    }

    private static let tools: [Case] = [
        Case("a tool's definition and a call") { (judge) async throws(Verdict) in
            judge.mock.add(script { $0.toolCalls = [.init(name: "get_weather", arguments: arguments)] })
            let answer = try await judge.answer(judge.chat("Weather?", ["tools": [weather]]))
            try judge.expectArrived("weather-8e1", "the tool's description")
            try expectCall(answer["choices"]?[0]?["message"]?["tool_calls"]?[0], "get_weather", arguments)
            try expect(answer["choices"]?[0]?["finish_reason"]?.string ?? "", "tool_calls", "finish_reason")
            try judge.expectBilled(answer["usage"])
        },
        Case("two calls at once, streamed") { (judge) async throws(Verdict) in
            judge.mock.add(
                script {
                    $0.toolCalls = [
                        .init(name: "get_weather", arguments: arguments),
                        .init(name: "get_time", arguments: #"{"zone":"UTC"}"#),
                    ]
                })
            let answer = try await judge.stream(judge.chat("Both.", ["tools": [weather, clock]]))
            try expect(answer.calls.map(\.name), ["get_weather", "get_time"], "the names of the calls")
            for (call, wanted) in zip(answer.calls, [arguments, #"{"zone":"UTC"}"#]) {
                guard let given = try? JSON.parse(Array(call.arguments.utf8)),
                    given == (try? JSON.parse(Array(wanted.utf8)))
                else { throw .lost("the arguments of \(call.name) are \(call.arguments)") }
            }
            guard Set(answer.calls.map(\.id)).count == 2 else { throw .lost("the calls have not an id each") }
            try expect(answer.finish ?? "", "tool_calls", "finish_reason")
        },
        Case("the results of calls") { (judge) async throws(Verdict) in
            judge.mock.add(script { $0.toolCalls = [.init(name: "get_weather", arguments: arguments)] })
            let first = try await judge.answer(judge.chat("Weather?", ["tools": [weather]]))
            guard let message = first["choices"]?[0]?["message"], let id = message["tool_calls"]?[0]?["id"] else {
                throw .lost("there is no call to answer")
            }
            let messages: JSON = [
                ["role": "user", "content": "Weather?"], message,
                ["role": "tool", "tool_call_id": id, "content": "minus 7-e9f"],
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages, "tools": [weather]]))
            try judge.expectArrived("minus 7-e9f", "the result")
        },
        Case("a tool by name") { (judge) async throws(Verdict) in
            let choice: JSON = ["type": "function", "function": ["name": "get_time"]]
            let answer = try await judge.answer(
                judge.chat("Hello.", ["tools": [weather, clock], "tool_choice": choice]))
            let call = answer["choices"]?[0]?["message"]?["tool_calls"]?[0]
            try expect(call?["function"]?["name"]?.string ?? "", "get_time", "the tool that was called")
        },
        Case("no tool, though there are some") { (judge) async throws(Verdict) in
            let answer = try await judge.answer(judge.chat("Hello.", ["tools": [weather], "tool_choice": "none"]))
            guard answer["choices"]?[0]?["message"]?["tool_calls"]?[0] == nil else { throw .lost("a tool was called") }
        },
    ]
}

// MARK: Content

extension Case {
    private static let pixel =
        "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="

    private static let content: [Case] = [
        Case("an inline image") { (judge) async throws(Verdict) in
            let messages: JSON = [
                [
                    "role": "user",
                    "content": [
                        ["type": "text", "text": "What is it?"],
                        ["type": "image_url", "image_url": ["url": .string("data:image/png;base64," + pixel)]],
                    ],
                ]
            ]
            _ = try await judge.answer(judge.chat("", ["messages": messages]))
            // Some services write a slash in JSON with a backslash before it.
            try judge.expectArrived(String(pixel.prefix(40)), "the image")
        },
        Case("an answer by a JSON schema") { (judge) async throws(Verdict) in
            let schema: JSON = [
                "type": "object", "properties": ["city": ["type": "string"], "heads": ["type": "integer"]],
                "required": ["city", "heads"], "additionalProperties": false,
            ]
            let format: JSON = [
                "type": "json_schema", "json_schema": ["name": "town", "schema": schema, "strict": true],
            ]
            judge.mock.add(script { $0.text = #"{"city":"Oslo","heads":3}"# })
            let answer = try await judge.answer(judge.chat("A town.", ["response_format": format]))
            try judge.expectArrived("heads", "the schema")
            let text = answer["choices"]?[0]?["message"]?["content"]?.string ?? ""
            guard let value = try? JSON.parse(Array(text.utf8)), value["city"]?.string != nil,
                value["heads"]?.int != nil
            else { throw .lost("the text is not by the schema: \(text.prefix(100))") }
        },
        Case("the user's name for abuse reports") { (judge) async throws(Verdict) in
            _ = try await judge.answer(judge.chat("Hello.", ["user": "user-2b7"]))
            try judge.expectArrived("user-2b7", "the user")
        },
    ]
}

// MARK: Failures

extension Case {
    private static func fault(_ change: (inout Fault) -> Void) -> Fault {
        var fault = Fault()
        change(&fault)
        return fault
    }

    /// An error of the upstream's comes as OpenAI's object with the right status.
    private static func errorCase(_ name: String, _ error: String, _ statuses: Set<Int>) -> Case {
        Case(name) { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.instead = .error(error) }, count: 50)
            let reply = try await judge.ask(judge.chat("Hello."))
            guard statuses.contains(reply.status) else { throw .lost("status \(reply.status)") }
            guard let message = reply.json?["error"]?["message"]?.string, !message.isEmpty else {
                throw .lost("no error object: \(reply.text.prefix(100))")
            }
        }
    }

    private static let failures: [Case] = [
        errorCase("an error 429", "429", [429]),
        errorCase("an error 500", "500", [500, 502, 503]),
        errorCase("an error 400", "400", [400]),
        Case("a web page instead of an answer") { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.instead = .html("502") }, count: 50)
            let reply = try await judge.ask(judge.chat("Hello."))
            guard reply.status >= 500, reply.json?["error"]?["message"]?.string != nil else {
                throw .lost("status \(reply.status): \(reply.text.prefix(100))")
            }
            guard !reply.text.lowercased().contains("<html") else { throw .lost("the page came through") }
        },
        Case("a stream that breaks off") { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.breakOff = .cut(.events(6), reset: false) }, count: 50)
            let answer = try await judge.stream(judge.chat("mock-tokens-50"))
            guard !answer.isDone || answer.error != nil else { throw .lost("the cut stream ends like a whole one") }
        },
        Case("a failure in mid-stream") { (judge) async throws(Verdict) in
            judge.mock.add(fault { $0.failureAfterEvents = 6 }, count: 50)
            let answer = try await judge.stream(judge.chat("mock-tokens-50"))
            guard answer.error != nil || !answer.isDone else { throw .lost("the failure was not told") }
        },
    ]
}
