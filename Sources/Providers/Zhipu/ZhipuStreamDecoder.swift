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
    private var translator = ZhipuTranslator()

    package var isOver: Bool {
        switch kind {
        case .unknown: false
        case .current(let decoder): decoder.isOver
        case .legacy(let decoder): decoder.isOver
        }
    }

    package var pending: Int {
        switch kind {
        case .unknown: 0
        case .current(let decoder): decoder.pending
        case .legacy(let decoder): decoder.pending
        }
    }

    package mutating func feed(_ bytes: [UInt8], into events: inout [ChatEvent]) {
        // Blank lines and a byte order mark may stand before the first field.
        if case .unknown = kind, let first = bytes.first(where: { $0 > 0x20 && $0 < 0x80 }) {
            kind = first == 0x65 ? .legacy(ZhipuLegacyDecoder()) : .current(OpenAIStreamDecoder())
        }
        var taken = Kind.unknown
        swap(&taken, &kind)
        switch consume taken {
        case .unknown: break
        case .current(var decoder):
            var read: [ChatEvent] = []
            decoder.feed(bytes, into: &read)
            for event in read { translator.take(event, into: &events) }
            // Nothing comes behind the end, so that what was kept back is told while another channel may still be asked.
            if decoder.isOver { translator.finish(into: &events) }
            kind = .current(decoder)
        case .legacy(var decoder):
            decoder.feed(bytes, into: &events)
            kind = .legacy(decoder)
        }
    }

    package mutating func flush(into events: inout [ChatEvent]) {
        var taken = Kind.unknown
        swap(&taken, &kind)
        switch consume taken {
        case .unknown: break
        case .current(var decoder):
            var read: [ChatEvent] = []
            decoder.flush(into: &read)
            for event in read { translator.take(event, into: &events) }
            kind = .current(decoder)
        case .legacy(var decoder):
            decoder.flush(into: &events)
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
            var read: [ChatEvent] = []
            decoder.finish(isCleanEnd: isCleanEnd, into: &read)
            for event in read { translator.take(event, into: &events) }
            translator.finish(into: &events)
            kind = .current(decoder)
        case .legacy(var decoder):
            decoder.finish(isCleanEnd: isCleanEnd, into: &events)
            kind = .legacy(decoder)
        }
    }
}
