import Arithmetic
import Chat
import JSON

/// One block of a streamed answer, from its opening to its end. The opening event may hold some of the content, or all of
/// it (spec/wire/anthropic.md §7).
struct AnthropicBlock {
    private enum Kind {
        /// `start` counts the text's Unicode scalars before it.
        case text(start: Int)
        case thinking
        case call(index: Int)
        /// Arguments of the tool that stands for a response format.
        case format
        /// One without a place in the hub.
        case kept(JSONObject)
        case other
    }

    private var kind: Kind
    /// What of the answer came before it.
    private let place: Reasoning.Place?
    /// A thought, or the JSON of a kept block's input.
    private var buffer = ""
    private var signature = ""
    /// The call's input or the thought's signature, as the opening event gave it. It is used only if no piece brings it.
    private var opening = ""
    private var citations: [JSON] = []
    /// What a kept block's content was made into.
    private var compacted: JSON?

    init(_ content: LazyJSON, _ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]) {
        place = reader.place
        switch content["type"]?.string {
        case "text":
            kind = .text(start: reader.written)
            reader.write(content["text"]?.string ?? "", &events)
            citations = (content["citations"]?.array ?? []).map(\.json)
        case "thinking":
            kind = .thinking
            opening = content["signature"]?.string ?? ""
            think(content["thinking"]?.string ?? "", &events)
        case "redacted_thinking":
            kind = .other
            reader.redacted(content, &events)
        case "tool_use":
            kind = reader.start(content, arguments: "", &events).map { .call(index: $0) } ?? .format
            let input = CallArguments.text(content["input"])
            // The usual opening, before the pieces.
            if input != "{}" { opening = input }
        default: kind = content.json.object.map { .kept($0) } ?? .other
        }
    }

    mutating func add(_ delta: LazyJSON, _ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]) {
        switch (kind, delta["type"]?.string) {
        case (.text, "text_delta"): reader.write(delta["text"]?.string ?? "", &events)
        case (.text, "citations_delta"): if let citation = delta["citation"] { citations.append(citation.json) }
        case (.thinking, "thinking_delta"): think(delta["thinking"]?.string ?? "", &events)
        case (.thinking, "signature_delta"): signature += delta["signature"]?.string ?? ""
        case (.call, "input_json_delta"), (.format, "input_json_delta"):
            let piece = delta["partial_json"]?.string ?? ""
            guard !piece.isEmpty else { return }
            opening = ""
            pass(piece, &reader, &events)
        case (.kept, "input_json_delta"): buffer += delta["partial_json"]?.string ?? ""
        case (.kept, "compaction_delta"): compacted = delta["content"]?.json ?? .null
        default: break
        }
    }

    /// Emits what is known only at the end of the block.
    func close(_ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]) {
        switch kind {
        case .text(let start):
            for citation in citations {
                events.append(.citation(0, AnthropicAnswerReader.citation(citation, from: start, to: reader.written)))
            }
        case .thinking:
            let proof = signature.isEmpty ? opening : signature
            let thought = Reasoning(text: buffer, signature: proof.isEmpty ? nil : proof, format: .anthropic)
            reader.seal(thought, at: place, &events)
        case .kept(var content):
            if let compacted { content["content"] = compacted }
            if !buffer.isEmpty { content["input"] = (try? JSON.parse(Array(buffer.utf8))) ?? [:] }
            reader.keep(.object(content), at: place, &events)
        case .call, .format: if !opening.isEmpty { pass(opening, &reader, &events) }
        case .other: break
        }
    }

    private mutating func think(_ piece: String, _ events: inout [ChatEvent]) {
        guard !piece.isEmpty else { return }
        buffer += piece
        events.append(.reasoningDelta(0, piece))
    }

    /// A piece of a call's arguments.
    private func pass(_ piece: String, _ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]) {
        if case .call(let index) = kind {
            events.append(.toolCallArgumentsDelta(0, index: index, piece))
        } else {
            reader.write(piece, &events)
        }
    }
}

/// The blocks of a streamed answer that have begun and not ended, by the numbers that the provider gives them. Events of
/// several blocks may come in turns.
struct AnthropicBlocks {
    /// More than any answer has at once.
    private static let most = 256
    /// Bytes of pieces that are kept for blocks that have not begun.
    private static let mostEarly = 64 << 10

    private var open: [(number: Int64, block: AnthropicBlock)] = []
    /// How many have begun, which is the number of the next one where the provider gives none.
    private var begun: Int64 = 0
    /// Pieces that came before the opening of their block.
    private var early: [(number: Int64, delta: LazyJSON)] = []
    private var earlyBytes = 0

    mutating func open(
        _ number: Int64?, _ content: LazyJSON, _ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]
    ) {
        let number = number ?? begun
        close(number, &reader, &events)
        if open.count == Self.most { close(open[0].number, &reader, &events) }
        begun = begun.plus(1)
        open.append((number, AnthropicBlock(content, &reader, &events)))
        guard !early.isEmpty else { return }
        for piece in early where piece.number == number { add(piece.delta, to: number, &reader, &events) }
        early.removeAll { $0.number == number }
    }

    mutating func add(
        _ delta: LazyJSON, to number: Int64?, _ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]
    ) {
        guard let place = place(of: number) else { return keep(delta, for: number) }
        open[place].block.add(delta, &reader, &events)
    }

    private mutating func keep(_ delta: LazyJSON, for number: Int64?) {
        // A block that has ended takes no more.
        guard let number, number >= begun else { return }
        let size = delta.json.encoded().count
        guard earlyBytes.plus(size) <= Self.mostEarly else { return }
        earlyBytes = earlyBytes.plus(size)
        early.append((number, delta))
    }

    mutating func close(_ number: Int64?, _ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]) {
        guard let place = place(of: number) else { return }
        open.remove(at: place).block.close(&reader, &events)
    }

    mutating func closeAll(_ reader: inout AnthropicAnswerReader, _ events: inout [ChatEvent]) {
        for (_, block) in open { block.close(&reader, &events) }
        open = []
    }

    /// Without a number the last one is meant.
    private func place(of number: Int64?) -> Int? {
        guard let number else { return open.indices.last }
        return open.lastIndex { $0.number == number }
    }
}
