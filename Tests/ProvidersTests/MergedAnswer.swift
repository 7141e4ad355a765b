import HTTP
import JSON

/// What a client makes of an answer, computed independently of the code under test. Chunks are joined as the official
/// SDK joins them, and members that are null or empty are left out.
enum MergedAnswer {
    /// The payloads of a stream, `[DONE]` included.
    static func payloads(_ stream: [UInt8]) -> [[UInt8]] {
        var payloads: [[UInt8]] = []
        var parser = SSEParser()
        stream.withUnsafeBytes { parser.feed($0) { _, data in payloads.append(Array(data)) } }
        return payloads
    }

    static func ofStream(_ stream: [UInt8]) -> JSON {
        var merged = JSONObject()
        for payload in payloads(stream) {
            guard let chunk = try? JSON.parse(payload).object else { continue }
            for member in chunk.members where !["choices", "obfuscation", "object"].contains(member.key) {
                if !isEmpty(member.value) { merged[member.key] = member.value }
            }
            for choice in chunk["choices"]?.array ?? [] { add(choice, to: &merged) }
        }
        return normal(.object(merged))
    }

    /// A whole answer in the form that a merged stream has.
    static func ofWhole(_ answer: JSON) -> JSON {
        var merged = JSONObject()
        for member in answer.object?.members ?? [] where !["choices", "object"].contains(member.key) {
            merged[member.key] = member.value
        }
        for choice in answer["choices"]?.array ?? [] {
            var whole = JSONObject()
            for member in choice.object?.members ?? [] where member.key != "index" {
                let isMessage = member.key == "message"
                whole[isMessage ? "delta" : member.key] = isMessage ? numbered(member.value) : member.value
            }
            merged["choice \(choice["index"]?.int ?? 0)"] = .object(whole)
        }
        return normal(.object(merged))
    }

    /// Adds to each call its index, as chunks have it.
    private static func numbered(_ message: JSON) -> JSON {
        guard var object = message.object, let calls = object["tool_calls"]?.array else { return message }
        object["tool_calls"] = .array(
            calls.enumerated().map { index, call in
                var numbered = call.object ?? JSONObject()
                numbered["index"] = .int(index)
                return .object(numbered)
            })
        return .object(object)
    }

    /// Sorts keys and leaves nothing out.
    static func sorted(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var sorted = JSONObject()
            for member in object.members.sorted(by: { $0.key < $1.key }) {
                sorted.append(member.key, Self.sorted(member.value))
            }
            return .object(sorted)
        case .array(let items): return .array(items.map(Self.sorted))
        case .number(let number) where number.int == nil: return .double(number.double)
        default: return value
        }
    }

    private static func add(_ choice: JSON, to merged: inout JSONObject) {
        let index = choice["index"]?.int ?? 0
        let key = "choice \(index)"
        var whole = merged[key]?.object ?? JSONObject()
        for member in choice.object?.members ?? [] where member.key != "index" && !isEmpty(member.value) {
            whole[member.key] = join(whole[member.key], member.value)
        }
        merged[key] = .object(whole)
    }

    /// Joins two values: texts and lists are concatenated, objects are merged, and list members with an `index` are
    /// merged by it.
    private static func join(_ old: JSON?, _ new: JSON, key: String = "") -> JSON {
        switch (old, new) {
        case (.string(let before), .string(let after)) where !["role", "id", "type", "finish_reason"].contains(key):
            return .string(before + after)
        case (.object(var before), .object(let after)):
            for member in after.members where !isEmpty(member.value) {
                before[member.key] = join(before[member.key], member.value, key: member.key)
            }
            return .object(before)
        case (.array(var before), .array(let after)):
            for item in after {
                let position = item["index"]?.int.flatMap { index in before.firstIndex { $0["index"]?.int == index } }
                if let position { before[position] = join(before[position], item) } else { before.append(item) }
            }
            return .array(before)
        default: return new
        }
    }

    private static func isEmpty(_ value: JSON) -> Bool {
        value.isNull || value.string == "" || value.array?.isEmpty == true
    }

    /// Sorts keys, leaves out null and empty members, and writes `1.0` as `1`.
    static func normal(_ value: JSON) -> JSON {
        switch value {
        case .object(let object):
            var sorted = JSONObject()
            for member in object.members.sorted(by: { $0.key < $1.key }) where !isEmpty(member.value) {
                sorted.append(member.key, normal(member.value))
            }
            return .object(sorted)
        case .array(let items): return .array(items.map(normal))
        case .number(let number) where number.int == nil: return .double(number.double)
        default: return value
        }
    }
}
