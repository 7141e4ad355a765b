package import Chat

/// Zhipu's streams: version 4 is OpenAI's but for some words; version 3 has events of its own, which begin with `event:`
/// where version 4 begins with `data:`.
package struct ZhipuStreamDecoder: AnswerDecoder {
    private enum Kind {
        /// Until the first letter.
        case unknown
        case current(OpenAIStreamDecoder)
        case legacy(ZhipuLegacyDecoder)
    }

    private var kind = Kind.unknown

    package var isOver: Bool {
        switch kind {
        case .unknown: false
        case .current(let decoder): decoder.isOver
        case .legacy(let decoder): decoder.isOver
        }
    }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        if case .unknown = kind, let first = bytes.first {
            kind = first == 0x65 ? .legacy(ZhipuLegacyDecoder()) : .current(OpenAIStreamDecoder())
        }
        var taken = Kind.unknown
        swap(&taken, &kind)
        switch consume taken {
        case .unknown: break
        case .current(var decoder):
            let start = events.count
            decoder.feed(bytes, into: &events)
            Self.translate(&events, from: start)
            kind = .current(decoder)
        case .legacy(var decoder):
            decoder.feed(bytes, into: &events)
            kind = .legacy(decoder)
        }
    }

    package mutating func finish(isCleanEnd: Bool, into events: inout [ChatEvent]) {
        var taken = Kind.unknown
        swap(&taken, &kind)
        switch consume taken {
        case .unknown:
            events.append(.failed(OpenAIErrors.cutStream))
        case .current(var decoder):
            let start = events.count
            decoder.finish(isCleanEnd: isCleanEnd, into: &events)
            Self.translate(&events, from: start)
            kind = .current(decoder)
        case .legacy(var decoder):
            decoder.finish(isCleanEnd: isCleanEnd, into: &events)
            kind = .legacy(decoder)
        }
    }

    private static func translate(_ events: inout [ChatEvent], from start: Int) {
        for index in start..<events.count { events[index] = translated(events[index]) }
    }

    /// Zhipu's words for OpenAI's.
    static func translated(_ event: ChatEvent) -> ChatEvent {
        switch event {
        case .finished(let index, .other("sensitive")): .finished(index, .contentFilter)
        case .finished(let index, .other("model_context_window_exceeded")): .finished(index, .length)
        case .finished(_, .other("network_error")):
            .failed(ZhipuErrors.failure(code: "1234", message: "", status: 200))
        case .failed(let failure):
            Int(failure.code.text) == nil
                ? event
                : .failed(ZhipuErrors.failure(code: failure.code.text, message: failure.message, status: 200))
        default: event
        }
    }
}
