import JSON
import MockKit

/// A conversation generated from a seed: instructions, turns, calls with their results, and what the upstream says.
struct Conversation {
    /// A call whose arguments are compared as values and not as text.
    struct Call: Equatable {
        var name: String
        var arguments: JSON?

        init(name: String, arguments: String) {
            self.name = name
            self.arguments = try? JSON.parse(Array(arguments.utf8))
        }

        init(_ function: JSON?) {
            self.init(name: function?["name"]?.string ?? "", arguments: function?["arguments"]?.string ?? "")
        }
    }

    private(set) var instructions: [String] = []
    /// The texts of the turns, calls and results, in order.
    private(set) var turns: [String] = []
    private(set) var reply = ""
    private(set) var calls: [Call] = []
    private(set) var script = Script()
    var isStream: Bool
    private var messages: [JSON] = []
    private var random: Dice
    private let usesTools: Bool
    private let isParallel: Bool

    init(seed: UInt64, hasTools: Bool, hasParallelCalls: Bool) {
        random = Dice(state: seed &* 0x9e37_79b9_7f4a_7c15 &+ 1)
        let (streams, calls) = (random.roll(2), random.roll(2))
        isStream = streams == 0
        usesTools = hasTools && calls == 0
        isParallel = hasParallelCalls
        if random.roll(2) == 0 {
            let text = words()
            instructions.append(text)
            messages.append(["role": random.roll(3) == 0 ? "developer" : "system", "content": .string(text)])
        }
        for _ in 0..<random.roll(4) {
            say("user")
            if usesTools, random.roll(2) == 0 { callAndAnswer() }
            say("assistant")
        }
        say("user")
        plan()
    }

    func request(model: String) -> JSON {
        var body: JSONObject = ["model": .string(model), "messages": .array(messages), "stream": .bool(isStream)]
        if usesTools { body["tools"] = .array(["look_up", "send"].map(Self.tool)) }
        return .object(body)
    }

    private static func tool(_ name: String) -> JSON {
        [
            "type": "function",
            "function": [
                "name": .string(name), "description": "Does it.",
                "parameters": [
                    "type": "object", "properties": ["words": ["type": "string"], "number": ["type": "integer"]],
                    "required": ["words"],
                ],
            ],
        ]
    }

    // MARK: Making

    private mutating func say(_ role: String) {
        let text = words()
        turns.append(text)
        // Sometimes sends the text as a list of parts.
        let content: JSON = random.roll(3) == 0 ? [["type": "text", "text": .string(text)]] : .string(text)
        messages.append(["role": .string(role), "content": content])
    }

    private mutating func callAndAnswer() {
        var asked: [JSON] = []
        var answered: [JSON] = []
        var results: [String] = []
        for number in 0..<(isParallel ? 1 + random.roll(2) : 1) {
            let id = "call_\(messages.count)_\(number)"
            let text = words()
            turns.append(text)
            let arguments: JSON = ["words": .string(text), "number": .int(random.roll(1000))]
            let function: JSON = ["name": number == 0 ? "look_up" : "send", "arguments": .string(arguments.text)]
            asked.append(["id": .string(id), "type": "function", "function": function])
            let result = words()
            results.append(result)
            answered.append(["role": "tool", "tool_call_id": .string(id), "content": .string(result)])
        }
        messages.append(["role": "assistant", "content": .null, "tool_calls": .array(asked)])
        messages += answered
        turns += results
    }

    private mutating func plan() {
        guard usesTools, random.roll(2) == 0 else {
            reply = words()
            script.text = reply
            return
        }
        for name in isParallel && random.roll(2) == 0 ? ["look_up", "send"] : ["look_up"] {
            let arguments: JSON = ["words": .string(words()), "number": .int(random.roll(1000))]
            calls.append(Call(name: name, arguments: arguments.text))
            script.toolCalls.append(.init(name: name, arguments: arguments.text))
        }
    }

    /// Random words with characters that must be escaped among them. Each text is unique and has no blanks at its ends.
    private mutating func words() -> String {
        let pool = [
            "rain", "\"quoted\"", "back\\slash", "ünïcødé", "天气", "😀", "👩‍👩‍👧", "line\nbreak", "tab\there", "<b>&amp;</b>",
            "data: [DONE]",
            "{\"a\":1}", "\u{1}", "100%", "null", "e\u{301}",
        ]
        let some = (0..<(1 + random.roll(6))).map { _ in pool[random.roll(pool.count)] }
        return "w\(random.roll(1_000_000)) " + some.joined(separator: " ") + " ."
    }
}

extension JSON {
    fileprivate var text: String { String(decoding: encoded(), as: UTF8.self) }
}

/// Pseudo-random numbers, the same in every run.
private struct Dice {
    var state: UInt64

    mutating func roll(_ sides: Int) -> Int {
        state = state &* 6_364_136_223_846_793_005 &+ 1_442_695_040_888_963_407
        return Int(state >> 33) % max(1, sides)
    }
}
