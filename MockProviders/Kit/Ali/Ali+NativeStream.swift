extension Ali {
    /// The events of a native stream (§2.5). Each has the whole text so far unless the request asks for increments, and
    /// each has the usage. Before the end the finish reason is the string `null`.
    struct NativeStream {
        private let say: Say
        private var number = 0
        private var spoken: [Spoken] = []
        private var tokens = 0
        private var reasoning = 0
        private var output: [[UInt8]] = []

        /// The text so far of each choice, for cumulative streams.
        private struct Spoken {
            var text = ""
            var thoughts = ""
            var calls: [(id: String, name: String, arguments: String)] = []
        }

        /// A step of an answer.
        private enum Step {
            case thought(Piece)
            case text(Piece)
            /// The first or a later fragment of a call's arguments.
            case call(Int, arguments: String, isFirst: Bool)
            case end
        }

        init(_ say: Say) {
            self.say = say
            spoken = say.choices.map { _ in Spoken() }
        }

        private var options: Options { say.request.options }
        private var hasTools: Bool { !say.request.options.tools.isEmpty }

        func events() -> [[UInt8]] {
            var copy = self
            copy.run()
            return copy.output
        }

        private mutating func run() {
            if options.search.isOn, options.search.showsSources || options.search.runsCode { emitFinds() }
            var queues = say.choices.map { Array(steps($0).reversed()) }
            while queues.contains(where: { !$0.isEmpty }) {
                for index in queues.indices {
                    guard let step = queues[index].popLast() else { continue }
                    let isLast = queues[index].isEmpty && !say.isFiltered
                    take(step, index, isLast: isLast, isAtEnd: isLast && queues.allSatisfy(\.isEmpty))
                }
            }
            if say.isFiltered { output.append(Ali.event(.badOutput, number: number + 1, id: say.id)) }
        }

        private func steps(_ choice: Say.Choice) -> [Step] {
            let (thoughts, text) = (choice.reply.reasoning, choice.reply.text)
            var steps = grouped(thoughts).map { Step.thought($0) } + grouped(text).map { Step.text($0) }
            for (place, call) in choice.calls.enumerated() {
                let pieces = tokenPieces(call.call.arguments, model: say.request.model.id)
                steps.append(.call(place, arguments: pieces.first?.text ?? "", isFirst: true))
                for piece in pieces.dropFirst() { steps.append(.call(place, arguments: piece.text, isFirst: false)) }
            }
            // The last fragment of a call carries the finish reason. If the filter stopped the answer, its error ends
            // the stream instead.
            return choice.reply.end == .filtered || !choice.calls.isEmpty ? steps : steps + [.end]
        }

        private func grouped(_ pieces: [Piece]) -> [Piece] {
            options.isIncremental ? pieces : Ali.grouped(pieces)
        }

        private mutating func take(_ step: Step, _ index: Int, isLast: Bool, isAtEnd: Bool) {
            guard index < spoken.count, index < say.choices.count else { return }
            let choice = say.choices[index]
            // The new text of an incremental event. A cumulative event has all text so far.
            var fresh = Spoken()
            var logged: [Piece] = []
            switch step {
            case .thought(let piece):
                fresh.thoughts = piece.text
                if !options.isIncremental { spoken[index].thoughts += piece.text }
                reasoning += piece.tokens
                tokens += piece.tokens
            case .text(let piece):
                fresh.text = piece.text
                if !options.isIncremental { spoken[index].text += piece.text }
                tokens += piece.tokens
                logged = [piece]
            case .call(let place, let arguments, let isFirst):
                guard place < choice.calls.count else { return }
                if isFirst {
                    spoken[index].calls.append((choice.calls[place].id, choice.calls[place].call.name, arguments))
                } else if place < spoken[index].calls.count {
                    spoken[index].calls[place].arguments += arguments
                }
                tokens += 1
            case .end: break
            }
            fresh.calls = spoken[index].calls
            let words = options.isIncremental ? fresh : spoken[index]
            emit(words, step, index, isLast: isLast, isAtEnd: isAtEnd, logged: logged)
        }

        private mutating func emit(
            _ words: Spoken, _ step: Step, _ index: Int, isLast: Bool, isAtEnd: Bool, logged: [Piece]
        ) {
            let choice = say.choices[index]
            let isIncremental = options.isIncremental
            let finish = isLast ? choice.finish : "null"
            frame(isAtEnd: isAtEnd) { output, say in
                if say.request.options.saysText {
                    output.member("finish_reason", finish)
                    output.member("text", words.text)
                    return
                }
                output.array("choices") { list in
                    list.object { item in
                        item.object("message") { message in
                            say.writeContent(words.text, to: &message)
                            if !choice.reply.reasoning.isEmpty { message.member("reasoning_content", words.thoughts) }
                            Self.write(words, step, isIncremental, to: &message)
                            message.member("role", "assistant")
                        }
                        if say.hasIndex { item.member("index", index) }
                        if say.request.options.topLogprobs != nil, !logged.isEmpty {
                            item.key("logprobs")
                            say.writeLogprobs(logged, to: &item)
                        }
                        item.member("finish_reason", finish)
                    }
                }
            }
        }

        /// The fragments of a call. The first has an id and a name; later ones have an empty id and no name (§2.6).
        private static func write(
            _ now: Spoken, _ step: Step, _ isIncremental: Bool, to message: inout Document
        ) {
            if isIncremental {
                guard case .call(let place, let arguments, let isFirst) = step, place < now.calls.count else { return }
                let call = now.calls[place]
                message.array("tool_calls") { list in
                    list.object { item in
                        item.member("index", place)
                        item.member("id", isFirst ? call.id : "")
                        item.member("type", "function")
                        item.object("function") { function in
                            if isFirst { function.member("name", call.name) }
                            function.member("arguments", arguments)
                        }
                    }
                }
                return
            }
            guard !now.calls.isEmpty else { return }
            message.array("tool_calls") { list in
                for (place, call) in now.calls.enumerated() {
                    list.object { item in
                        item.member("index", place)
                        item.member("id", call.id)
                        item.member("type", "function")
                        item.object("function") { function in
                            function.member("name", call.name)
                            function.member("arguments", call.arguments)
                        }
                    }
                }
            }
        }

        /// The event of the search. It comes before any text, and its usage is empty.
        private mutating func emitFinds() {
            number += 1
            var document = Document()
            document.object { root in
                root.object("output") { output in
                    output.array("choices") { list in
                        list.object { item in
                            item.object("message") { message in
                                say.writeContent("", to: &message)
                                message.member("role", "assistant")
                            }
                            item.member("finish_reason", "null")
                        }
                    }
                    say.writeFinds(to: &output)
                }
                root.object("usage", { _ in })
                root.member("request_id", say.id)
            }
            output.append(Ali.framed(document.bytes, number: number))
        }

        private mutating func frame(isAtEnd: Bool, _ body: (inout Document, Say) -> Void) {
            number += 1
            var usage = say.usage
            // The last event has the final counts, which a script may have set.
            if !isAtEnd {
                usage.completion = tokens
                usage.reasoning = reasoning
            }
            var document = Document(reserving: 512)
            document.object { root in
                root.object("output") { body(&$0, say) }
                if say.reported != nil {
                    let told = isAtEnd ? say.reported ?? usage : usage.reported(say.fault) ?? usage
                    told.write(
                        hasTools ? .toolEvent : .event, say.request.model, tells: hasTools,
                        plugins: isAtEnd ? say.plugins : nil, to: &root)
                }
                root.member("request_id", say.id)
            }
            output.append(Ali.framed(document.bytes, number: number))
        }
    }
}

extension Ali {
    /// Joins pieces, so that a cumulative stream, whose size grows with the square of the text, stays below about 64
    /// MB. In shorter texts each piece stays one token.
    static func grouped(_ pieces: [Piece]) -> [Piece] {
        let size = pieces.reduce(1) { $0 + $1.text.utf8.count }
        let events = max(2, (128 << 20) / size)
        guard pieces.count > events else { return pieces }
        let step = (pieces.count + events - 1) / events
        return stride(from: 0, to: pieces.count, by: step).map { start in
            let group = Array(pieces[start..<min(start + step, pieces.count)])
            return Piece(text: group.text, tokens: Reply.sum(group))
        }
    }
}
