import Chat
import JSON

/// Reads answers and events of streams, which have one form (spec/wire/baidu.md §§3.3–3.5).
struct BaiduAnswerReader {
    private var hasStarted = false
    private var calls = 0
    /// The last that was told: it comes with every event, and grows.
    private var usage: Usage?
    private(set) var isFinished = false

    /// - Parameter isEnd: whether this is the whole answer or the last event.
    mutating func read(_ root: JSON, isEnd: Bool, into events: inout [ChatEvent]) {
        guard !isFinished else { return }
        if !hasStarted {
            hasStarted = true
            events.append(
                .started(AnswerHead(id: root["id"]?.string ?? "", model: "", created: root["created"]?.int ?? 0)))
            events.append(.choiceStarted(0))
        }
        if let text = root["result"]?.string, !text.isEmpty { events.append(.textDelta(0, text)) }
        if let call = root["function_call"], let name = call["name"]?.string {
            if let thoughts = call["thoughts"]?.string, !thoughts.isEmpty {
                events.append(.reasoningDelta(0, thoughts))
            }
            let made = ToolCall(id: "", name: name, arguments: call["arguments"]?.string ?? "{}")
            events.append(.toolCallStarted(0, index: calls, made))
            calls += 1
        }
        let pages = root["search_info"]?["search_results"]?.array ?? root["tools_info"]?["baidu_search"]?.array ?? []
        for page in pages {
            guard let url = page["url"] else { continue }
            let citation: JSON = ["url": url, "title": page["title"] ?? "", "start_index": 0, "end_index": 0]
            events.append(.citation(0, Opaque(.openAI, ["type": "url_citation", "url_citation": citation])))
        }
        // At once, so that a client that leaves is billed by the service's own count.
        if let value = root["usage"], let counted = Self.usage(value), counted != usage {
            usage = counted
            events.append(.usage(counted, original: Opaque(.baidu, value)))
        }
        guard isEnd else { return }
        isFinished = true
        events.append(.finished(0, finishReason(root)))
    }

    /// `nil` without a sum, or with none yet.
    private static func usage(_ value: JSON) -> Usage? {
        func number(_ name: String) -> Int64 { min(max(0, value[name]?.int ?? 0), Usage.most) }
        guard number("total_tokens") > 0 else { return nil }
        let prompt = number("prompt_tokens")
        // Some answers have the sum and the prompt only.
        let completion = value["completion_tokens"] == nil ? max(0, number("total_tokens") - prompt) : nil
        return Usage(promptTokens: prompt, completionTokens: completion ?? number("completion_tokens"))
    }

    private func finishReason(_ root: JSON) -> FinishReason {
        if calls > 0 { return .toolCalls }
        if root["need_clear_history"]?.bool == true || (root["flag"]?.int ?? 0) > 0 { return .contentFilter }
        switch root["finish_reason"]?.string {
        case "content_filter": return .contentFilter
        case "length": return .length
        default: return root["is_truncated"]?.bool == true ? .length : .stop
        }
    }
}
