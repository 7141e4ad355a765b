/// The events of a streamed chat answer, in the service's order of keys (spec/wire/openai.md §4).
struct ChatStream {
    static let done = Array("data: [DONE]\n\n".utf8)
    private static let padding = Array("k3WqZ0rbT8vPxYcN5mJ2sLhG7dFa9eRuB4tQ1wOiC6nKy".utf8)

    private let answer: ChatAnswer
    private let usage: ChatUsage?
    private let head: [UInt8]
    private var padSeed: Int
    private var output: [[UInt8]] = []

    init(_ answer: ChatAnswer, usage: ChatUsage?, seed: UInt64) {
        self.answer = answer
        self.usage = usage
        padSeed = Int(seed % 31)
        var head = Array("data: {\"id\":\"\(answer.id)\",\"object\":\"chat.completion.chunk\",\"created\":".utf8)
        head += "\(answer.created),\"model\":".utf8
        head.appendJSON(answer.request.model.snapshot)
        if !answer.request.model.searches { head += ",\"service_tier\":\"default\"".utf8 }
        head += ",\"system_fingerprint\":".utf8
        head += (answer.fingerprint.map { "\"\($0)\"" } ?? "null").utf8
        head += ",\"choices\":[".utf8
        self.head = head
    }

    mutating func events() -> [[UInt8]] {
        let longest = answer.choices.map { $0.content?.count ?? 1 }.max() ?? 1
        output.reserveCapacity(longest * answer.choices.count + 4)
        // The choices are interleaved. Each has its own first and last chunk.
        var queues = answer.choices.enumerated().map { index, choice in deltas(choice, index) }
        for index in queues.indices { queues[index].reverse() }
        while queues.contains(where: { !$0.isEmpty }) {
            for index in queues.indices {
                if let choice = queues[index].popLast() { emit(choice) }
            }
        }
        if answer.request.includesUsage, let usage {
            var document = Document()
            document.object { usage.write(to: &$0) }
            emit([], usage: document.bytes)
        }
        return output
    }

    private mutating func emit(_ choice: [UInt8], usage: [UInt8]? = nil) {
        var event: [UInt8] = []
        event.reserveCapacity(head.count + choice.count + 64 + (usage?.count ?? 0))
        event += head
        event += choice
        event.append(0x5d)
        if let usage {
            event += ",\"usage\":".utf8
            event += usage
        } else if answer.request.includesUsage {
            event += ",\"usage\":null".utf8
        }
        if answer.request.obfuscates {
            padSeed = (padSeed &* 7 &+ choice.count) % 29
            event += ",\"obfuscation\":\"".utf8
            event += Self.padding[padSeed..<(padSeed + 1 + (choice.count &+ padSeed) % 15)]
            event.append(0x22)
        }
        event += "}\n\n".utf8
        output.append(event)
    }

    // MARK: Choices

    private func deltas(_ choice: ChatAnswer.Choice, _ index: Int) -> [[UInt8]] {
        var list: [[UInt8]] = []
        if let pieces = choice.content {
            list.append(chunk(index, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}"))
            for piece in pieces { list.append(text(index, "{\"content\":", piece, isRefusal: false)) }
            if answer.request.model.searches { list.append(finds(pieces, index)) }
        } else if let pieces = choice.refusal {
            list.append(chunk(index, "{\"role\":\"assistant\",\"content\":\"\",\"refusal\":null}"))
            for piece in pieces { list.append(text(index, "{\"refusal\":", piece, isRefusal: true)) }
        } else if let audio = choice.audio {
            list += clip(audio, index)
        } else {
            list += answer.request.isLegacy ? legacy(choice, index) : calls(choice, index)
        }
        list.append(chunk(index, "{}", finish: choice.finish))
        return list
    }

    private func text(_ index: Int, _ open: StaticString, _ piece: Piece, isRefusal: Bool) -> [UInt8] {
        var delta: [UInt8] = []
        delta.reserveCapacity(96 + piece.text.utf8.count)
        delta += UnsafeBufferPointer(start: open.utf8Start, count: open.utf8CodeUnitCount)
        delta.appendJSON(piece.text)
        delta.append(0x7d)
        return chunk(index, delta, finish: nil, logged: piece, isRefusal: isRefusal)
    }

    private func finds(_ pieces: [Piece], _ index: Int) -> [UInt8] {
        var delta = Document()
        delta.object { $0.array("annotations") { answer.writeFinds(pieces, to: &$0) } }
        return chunk(index, delta.bytes, finish: nil, logged: nil, isRefusal: false)
    }

    private func chunk(_ index: Int, _ delta: String, finish: String? = nil) -> [UInt8] {
        chunk(index, Array(delta.utf8), finish: finish, logged: nil, isRefusal: false)
    }

    private func chunk(_ index: Int, _ delta: [UInt8], finish: String?, logged: Piece?, isRefusal: Bool) -> [UInt8] {
        var bytes = Array("{\"index\":".utf8)
        bytes.reserveCapacity(96 + delta.count)
        if index < 10 { bytes.append(0x30 + UInt8(index)) } else { bytes += String(index).utf8 }
        bytes += ",\"delta\":".utf8
        bytes += delta
        if !answer.request.model.isReasoning {
            bytes += ",\"logprobs\":".utf8
            bytes += logprobs(logged, isRefusal)
        }
        bytes += ",\"finish_reason\":".utf8
        bytes += (finish.map { "\"\($0)\"" } ?? "null").utf8
        bytes.append(0x7d)
        return bytes
    }

    private func logprobs(_ piece: Piece?, _ isRefusal: Bool) -> [UInt8] {
        guard answer.request.topLogprobs != nil, let piece else { return [0x6e, 0x75, 0x6c, 0x6c] }
        var document = Document()
        Logprobs(request: answer.request).write(
            content: isRefusal ? nil : [piece], refusal: isRefusal ? [piece] : nil, to: &document)
        return document.bytes
    }

    // MARK: Tools and audio

    private func calls(_ choice: ChatAnswer.Choice, _ index: Int) -> [[UInt8]] {
        var list: [[UInt8]] = []
        let isSingle = choice.calls.count == 1
        if !isSingle { list.append(chunk(index, "{\"role\":\"assistant\",\"content\":null,\"refusal\":null}")) }
        for (number, call) in choice.calls.enumerated() {
            let kind = call.isCustom ? "custom" : "function"
            let field = call.isCustom ? "input" : "arguments"
            let opening = """
                {"index":\(number),"id":"\(call.id)","type":"\(kind)","\(kind)":{"name":"\(call.name)","\(field)":""}}
                """
            list.append(
                chunk(
                    index,
                    isSingle
                        ? "{\"role\":\"assistant\",\"content\":null,\"tool_calls\":[\(opening)],\"refusal\":null}"
                        : "{\"tool_calls\":[\(opening)]}"))
            for piece in tokenPieces(call.arguments, model: answer.request.model.id) {
                var delta = Array("{\"tool_calls\":[{\"index\":\(number),\"\(kind)\":{\"\(field)\":".utf8)
                delta.appendJSON(piece.text)
                delta += "}}]}".utf8
                list.append(chunk(index, delta, finish: nil, logged: nil, isRefusal: false))
            }
        }
        return list
    }

    private func legacy(_ choice: ChatAnswer.Choice, _ index: Int) -> [[UInt8]] {
        guard let call = choice.calls.first else { return [] }
        let opening = "{\"name\":\"\(call.name)\",\"arguments\":\"\"}"
        let first = "{\"role\":\"assistant\",\"content\":null,\"function_call\":\(opening),\"refusal\":null}"
        var list = [chunk(index, first)]
        for piece in tokenPieces(call.arguments, model: answer.request.model.id) {
            var delta = Array("{\"function_call\":{\"arguments\":".utf8)
            delta.appendJSON(piece.text)
            delta += "}}".utf8
            list.append(chunk(index, delta, finish: nil, logged: nil, isRefusal: false))
        }
        return list
    }

    private func clip(_ audio: AudioClip, _ index: Int) -> [[UInt8]] {
        var list = [chunk(index, "{\"role\":\"assistant\",\"content\":null,\"refusal\":null}")]
        for (number, piece) in audio.transcript.enumerated() {
            var delta = Array("{\"audio\":{".utf8)
            if number == 0 { delta += "\"id\":\"\(audio.id)\",".utf8 }
            delta += "\"transcript\":".utf8
            delta.appendJSON(piece.text)
            delta += "}}".utf8
            list.append(chunk(index, delta, finish: nil, logged: nil, isRefusal: false))
        }
        list.append(chunk(index, "{\"audio\":{\"data\":\"\(audio.data)\"}}"))
        list.append(chunk(index, "{\"audio\":{\"expires_at\":\(audio.expires)}}"))
        return list
    }
}
