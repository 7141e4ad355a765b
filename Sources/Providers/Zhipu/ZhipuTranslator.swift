import Chat
import JSON

/// Zhipu's words for OpenAI's, in the events of one answer (spec/wire/zhipu.md §3): its finish reasons and errors, the
/// pages of its search, the thoughts that the glm-z1 models write into their text, and the marks with which the models
/// that see box their answers.
struct ZhipuTranslator {
    private enum Piece {
        /// Nothing but what may yet become `<think>`.
        case opening(String)
        /// Inside; the text is what may yet become `</think>`.
        case thinking(String)
        /// Behind the thoughts, before the first word.
        case gap
        case plain
    }

    private static let start = "<think>"
    private static let stop = "</think>"
    /// Bytes of white space that are kept back for thoughts behind it.
    private static let mostKept = 1024

    private var splitsThoughts = false
    private var boxes: [Int: BoxMarks] = [:]
    private var pieces: [Int: Piece] = [:]
    /// A breakdown told as a finish reason, kept back for the usage that comes behind it.
    private var breakdown: UpstreamFailure?
    private var pages = CitedPages()
    /// The end of a choice, kept back for the pages that stand behind it in the same chunk.
    private var end: ChatEvent?

    mutating func take(_ event: ChatEvent, into events: inout [ChatEvent]) {
        if case .extra(.answer, key: "web_search", let found) = event {
            for page in found.value.array ?? [] {
                pages.cite(page["link"]?.string, title: page["title"]?.string, into: &events)
            }
            return
        }
        tellEnd(&events)
        switch event {
        case .started(let head):
            splitsThoughts = head.model.lowercased().hasPrefix("glm-z1")
            events.append(event)
        case .textDelta(let index, let text):
            write(boxes[index, default: BoxMarks()].strip(text), index, &events)
        case .finished(_, .other("network_error")):
            breakdown = ZhipuErrors.failure(code: "1234", message: "", status: 200)
        case .finished(let index, let reason):
            flush(index, &events)
            end = .finished(index, Self.translated(reason))
        case .failed(let failure):
            guard breakdown == nil else { return }
            flushAll(&events)
            let isNumber = Int(failure.code.text) != nil
            events.append(
                .failed(
                    isNumber
                        ? ZhipuErrors.failure(code: failure.code.text, message: failure.message, status: 200)
                        : failure))
        default: events.append(event)
        }
    }

    /// Ends the answer, with what was kept back.
    mutating func finish(into events: inout [ChatEvent]) {
        tellEnd(&events)
        flushAll(&events)
        guard let failure = breakdown else { return }
        events.append(.failed(failure))
        breakdown = nil
    }

    private mutating func tellEnd(_ events: inout [ChatEvent]) {
        if let end { events.append(end) }
        end = nil
    }

    private static func translated(_ reason: FinishReason) -> FinishReason {
        switch reason {
        case .other("sensitive"): .contentFilter
        case .other("model_context_window_exceeded"): .length
        default: reason
        }
    }

    /// - Parameter text: without the marks of boxes.
    private mutating func write(_ text: String, _ index: Int, _ events: inout [ChatEvent]) {
        guard !text.isEmpty else { return }
        if splitsThoughts { split(text, index, &events) } else { events.append(.textDelta(index, text)) }
    }

    // MARK: Thoughts

    private mutating func split(_ text: String, _ index: Int, _ events: inout [ChatEvent]) {
        switch pieces[index] ?? .opening("") {
        case .opening(let before):
            let begun = before + text
            let content = begun.drop { $0.isWhitespace }
            if content.hasPrefix(Self.start) {
                pieces[index] = .thinking("")
                split(String(content.dropFirst(Self.start.count).drop { $0.isNewline }), index, &events)
            } else if Self.start.hasPrefix(content), begun.utf8.count <= Self.mostKept {
                pieces[index] = .opening(begun)
            } else {
                pieces[index] = .plain
                events.append(.textDelta(index, begun))
            }
        case .thinking(let before):
            let begun = before + text
            guard let end = begun.firstRange(of: Self.stop) else {
                let kept = Self.beginningOfStop(in: begun)
                if kept.startIndex > begun.startIndex {
                    events.append(.reasoningDelta(index, String(begun[..<kept.startIndex])))
                }
                pieces[index] = .thinking(String(kept))
                return
            }
            if end.lowerBound > begun.startIndex {
                events.append(.reasoningDelta(index, String(begun[..<end.lowerBound])))
            }
            pieces[index] = .gap
            split(String(begun[end.upperBound...]), index, &events)
        case .gap:
            let content = text.drop { $0.isNewline }
            guard !content.isEmpty else { return }
            pieces[index] = .plain
            events.append(.textDelta(index, String(content)))
        case .plain: if !text.isEmpty { events.append(.textDelta(index, text)) }
        }
    }

    /// The longest tail of the text with which `</think>` may begin.
    private static func beginningOfStop(in text: String) -> Substring {
        var length = min(stop.count - 1, text.count)
        while length > 0 {
            let tail = text.suffix(length)
            if stop.hasPrefix(tail) { return tail }
            length -= 1
        }
        return text[text.endIndex...]
    }

    private mutating func flushAll(_ events: inout [ChatEvent]) {
        for index in Set(pieces.keys).union(boxes.keys).sorted() { flush(index, &events) }
    }

    /// What was kept back is no mark, since nothing more comes.
    private mutating func flush(_ index: Int, _ events: inout [ChatEvent]) {
        if let rest = boxes.removeValue(forKey: index)?.kept { write(rest, index, &events) }
        switch pieces.removeValue(forKey: index) {
        case .opening(let text) where !text.isEmpty: events.append(.textDelta(index, text))
        case .thinking(let text) where !text.isEmpty: events.append(.reasoningDelta(index, text))
        default: break
        }
    }
}
