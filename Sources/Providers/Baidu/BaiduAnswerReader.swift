import Arithmetic
import Chat
import JSON

/// Reads whole answers and the events of streams, which have the same form (spec/wire/baidu.md §§3.3–3.5).
struct BaiduAnswerReader {
    private var hasStarted = false
    private var calls = 0
    /// The last reported usage.
    private var usage: Usage?
    private var pages = CitedPages()
    private(set) var isFinished = false

    /// - Parameter isEnd: this is a whole answer or the last event.
    mutating func read(_ root: LazyJSON, isEnd: Bool, into events: inout [ChatEvent]) {
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
            let arguments = CallArguments.text(call["arguments"])
            let made = ToolCall(id: "", name: name, arguments: arguments.isEmpty ? "{}" : arguments)
            events.append(.toolCallStarted(0, index: calls, made))
            calls += 1
        }
        readPages(root, &events)
        readUsage(root, &events)
        guard isEnd else { return }
        isFinished = true
        events.append(.finished(0, finishReason(root)))
    }

    private mutating func readPages(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        let found = root["search_info"]?["search_results"]?.array ?? root["tools_info"]?["baidu_search"]?.array ?? []
        for page in found { pages.cite(page["url"]?.string, title: page["title"]?.string, into: &events) }
    }

    /// Reports the usage as soon as it is known, so that a client that leaves pays by Baidu's own count. Each event has
    /// it. The first ones of a stream may have only zeros, which mean nothing.
    private mutating func readUsage(_ root: LazyJSON, _ events: inout [ChatEvent]) {
        guard let value = root["usage"] else { return }
        func number(_ name: StaticString) -> Int64 { min(max(0, value[name]?.int ?? 0), Usage.most) }
        let prompt = number("prompt_tokens")
        let total = number("total_tokens")
        // Some answers report only the total and the prompt.
        let isCounted = value["completion_tokens"]?.int != nil
        let completion = isCounted ? number("completion_tokens") : max(0, total.minus(prompt))
        guard max(total, prompt, completion) > 0 else { return }
        var told = Usage(promptTokens: prompt, completionTokens: completion)
        told.fill(upTo: total)
        guard told != usage else { return }
        usage = told
        events.append(.usage(told, original: nil))
    }

    private func finishReason(_ root: LazyJSON) -> FinishReason {
        if calls > 0 { return .toolCalls }
        if root["need_clear_history"]?.bool == true || (root["flag"]?.int ?? 0) > 0 { return .contentFilter }
        switch root["finish_reason"]?.string {
        case "content_filter": return .contentFilter
        case "length": return .length
        default: return root["is_truncated"]?.bool == true ? .length : .stop
        }
    }
}
