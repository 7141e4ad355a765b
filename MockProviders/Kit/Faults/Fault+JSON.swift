import JSON

/// The reason why a control request was not understood. The caller sees the text.
struct ControlError: Error {
    let message: String
    init(_ message: String) { self.message = message }
}

extension Match {
    init(json: JSON?) throws(ControlError) {
        self.init()
        guard let json else { return }
        guard let object = json.object else { throw ControlError("'match' must be an object") }
        for member in object.members {
            guard let text = member.value.string else { throw ControlError("'match.\(member.key)' must be a string") }
            switch member.key {
            case "path": path = text
            case "model": model = text
            case "key": key = text
            default: throw ControlError("unknown field 'match.\(member.key)'")
            }
        }
    }
}

extension Fault {
    /// Reads the object of `POST /_mock/faults`. The caller reads `match` and `count`.
    init(json: JSONObject) throws(ControlError) {
        self.init()
        for member in json.members where member.key != "match" && member.key != "count" {
            try apply(member.key, member.value, json)
        }
    }

    private mutating func apply(_ key: String, _ value: JSON, _ json: JSONObject) throws(ControlError) {
        switch key {
        case "name": self = joined(with: try named(text(key, value)))
        case "error": instead = .error(try self.name(key, value))
        case "html": instead = .html(try page(key, value))
        case "status":
            let status = try number(key, value)
            guard (200...599).contains(status) else { throw ControlError("'status' must be from 200 to 599") }
            instead = .raw(status: status, headers: [], body: Self.body(json["body"]))
        case "body": if json["status"] == nil { throw ControlError("'body' needs 'status'") }
        case "headers": headers = try Self.fields(value)
        case "empty": if try flag(key, value) { instead = .empty }
        case "silence": if try flag(key, value) { instead = .silence }
        case "reset": if try flag(key, value) { instead = .hangUp(reset: true) }
        case "close": if try flag(key, value) { instead = .hangUp(reset: false) }
        case "delay_ms": delayMilliseconds = min(try number(key, value), 600_000)
        case "cut_events": breakOff = .cut(.events(try number(key, value)), reset: false)
        case "cut_bytes": breakOff = .cut(.bytes(try number(key, value)), reset: false)
        case "reset_events": breakOff = .cut(.events(try number(key, value)), reset: true)
        case "stall_events": breakOff = .stall(.events(try number(key, value)))
        case "stall_bytes": breakOff = .stall(.bytes(try number(key, value)))
        case "bad_utf8": hasBadUTF8 = try flag(key, value)
        case "bad_json": hasBadJSON = try flag(key, value)
        case "stream_error": failureAfterEvents = try number(key, value)
        case "no_done": dropsEnd = try flag(key, value)
        case "framing": framing = try known(Framing(rawValue: text(key, value)), key)
        case "usage": usage = try known(UsageFault(rawValue: text(key, value)), key)
        case "huge_line": hugeLineBytes = min(try number(key, value), 64 << 20)
        default: throw ControlError("unknown field '\(key)'")
        }
    }

    private func named(_ name: String) throws(ControlError) -> Fault {
        guard let fault = Fault(name: "mock-" + name) else { throw ControlError("unknown fault '\(name)'") }
        return fault
    }

    private func known<T>(_ value: T?, _ key: String) throws(ControlError) -> T {
        guard let value else { throw ControlError("'\(key)' has no such value") }
        return value
    }

    /// Reads a name, or a status given as a number.
    private func name(_ key: String, _ value: JSON) throws(ControlError) -> String {
        if let number = value.int { return String(number) }
        return try text(key, value)
    }

    private func text(_ key: String, _ value: JSON) throws(ControlError) -> String {
        guard let text = value.string else { throw ControlError("'\(key)' must be a string") }
        return text
    }

    private func page(_ key: String, _ value: JSON) throws(ControlError) -> String {
        let page = try name(key, value)
        var random = Seeded(0)
        return try known(CloudflarePage(name: page, host: "", random: &random).map { _ in page }, key)
    }

    private func flag(_ key: String, _ value: JSON) throws(ControlError) -> Bool {
        guard let flag = value.bool else { throw ControlError("'\(key)' must be true or false") }
        return flag
    }

    private func number(_ key: String, _ value: JSON) throws(ControlError) -> Int {
        guard let number = value.int, number >= 0 else { throw ControlError("'\(key)' must be a whole number") }
        return Int(number)
    }

    private static func body(_ value: JSON?) -> [UInt8] {
        guard let value else { return [] }
        return value.string.map { Array($0.utf8) } ?? value.encoded()
    }

    private static func fields(_ value: JSON) throws(ControlError) -> [Field] {
        guard let object = value.object else { throw ControlError("'headers' must be an object") }
        var fields: [Field] = []
        for member in object.members {
            guard let text = member.value.string ?? member.value.int.map(String.init) else {
                throw ControlError("'headers.\(member.key)' must be a string")
            }
            fields.append(Field(name: member.key, value: text))
        }
        return fields
    }
}

extension Script {
    /// Reads the object of `POST /_mock/script`.
    init(json: JSONObject) throws(ControlError) {
        self.init()
        for member in json.members where member.key != "match" && member.key != "count" {
            switch member.key {
            case "text": text = member.value.string
            case "opening": opening = member.value.string
            case "chunks": chunks = member.value.array?.compactMap(\.string)
            case "refusal": refusal = member.value.string
            case "finish_reason": finishReason = member.value.string
            case "tool_calls": toolCalls = try Self.calls(member.value)
            case "usage": try readUsage(member.value)
            default: throw ControlError("unknown field '\(member.key)'")
            }
        }
    }

    private mutating func readUsage(_ usage: JSON) throws(ControlError) {
        func number(_ name: String, most: Int64 = 1_000_000_000) throws(ControlError) -> Int? {
            guard let value = usage[name] else { return nil }
            guard let number = value.int, (0...most).contains(number) else {
                throw ControlError("'usage.\(name)' must be a whole number from 0 to \(most)")
            }
            return Int(number)
        }
        promptTokens = try number("prompt_tokens")
        completionTokens = try number("completion_tokens")
        cachedTokens = try number("cached_tokens")
        // These texts are said word for word.
        reasoningTokens = try number("reasoning_tokens", most: 1_000_000)
    }

    private static func calls(_ value: JSON) throws(ControlError) -> [ToolCall] {
        var calls: [ToolCall] = []
        for item in value.array ?? [] {
            guard let name = item["name"]?.string else { throw ControlError("a tool call needs a 'name'") }
            let arguments = item["arguments"] ?? [:]
            calls.append(ToolCall(name: name, arguments: arguments.string ?? arguments.text))
        }
        return calls
    }
}
