import HTTP
import JSON

extension Gemini {
    func generate(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        let model = try model(name, .chat, verb, place)
        let request = try Request(call, model, self)
        let say = Say(request, call, prompts)
        let served = Served(
            id: say.id, model: name, key: call.identity.key ?? "", promptTokens: say.usage.prompt,
            completionTokens: say.usage.candidates + say.usage.thoughts, cachedTokens: say.usage.cached)
        guard verb == "streamGenerateContent" else {
            return Answer(headers: Self.headers(call), body: .whole(say.whole()), served: served)
        }
        if call.queryValue("alt") == "sse" {
            let events = say.chunks(indent: 0).map { Array("data: ".utf8) + $0 + Array("\r\n\r\n".utf8) }
            return Answer(
                headers: Self.headers(call, type: "text/event-stream"), body: .events(events, end: []), served: served)
        }
        let chunks = say.chunks(indent: 2)
        let elements = chunks.enumerated().map { Array(($0.offset == 0 ? "[" : ",\r\n").utf8) + $0.element }
        return Answer(headers: Self.headers(call), body: .events(elements, end: Array("]\n".utf8)), served: served)
    }

    /// Counts of an answer; `prompt` has `cached` in it, `candidates` has not `thoughts`.
    struct Usage {
        var prompt: Int
        var cached = 0
        var candidates = 0
        var thoughts = 0
        var media: [String: Int] = [:]

        func reported(_ fault: UsageFault) -> Usage? {
            switch fault {
            case .none: self
            case .missing: nil
            case .zero: Usage(prompt: 0)
            case .wrong:
                Usage(prompt: prompt * 10, cached: cached * 10, candidates: candidates * 10, thoughts: thoughts * 10)
            }
        }
    }
}

extension Gemini {
    /// An answer and its layout (spec/wire/gemini.md §§3, 7).
    struct Say {
        private enum Part {
            case text([Piece])
            case thought([Piece])
            case call(Reply.Call, id: String?, signature: String?)
        }

        let id: String
        private(set) var usage: Usage
        private let request: Request
        private let replies: [Reply]
        private let fault: UsageFault
        private let finish: String?
        private let callIDs: [String]
        private let signature: String?
        private let isBlocked: Bool

        init(_ request: Request, _ call: Call, _ prompts: PromptMemory) {
            var ids = call.ids
            self.request = request
            id = ids.random.alphanumerics(23)
            let script = call.script
            let isBlocked = request.talk.lastUserText.firstRange(of: "mock-block") != nil
            let replies =
                isBlocked
                ? []
                : (0..<request.candidates).map {
                    Reply(to: request.prompt, script: script, memory: prompts, variant: $0)
                }
            self.isBlocked = isBlocked
            self.replies = replies
            var usage = Usage(
                prompt: script?.promptTokens ?? request.promptTokens,
                cached: script?.cachedTokens ?? request.cachedTokens, media: request.talk.media)
            fault = call.usage
            finish = script?.finishReason
            usage.thoughts = replies.reduce(0) { $0 + $1.reasoningTokens }
            let all = replies.reduce(0) { $0 + $1.tokens }
            usage.candidates = script?.completionTokens.map { max(0, $0 - usage.thoughts) } ?? all - usage.thoughts
            self.usage = usage
            callIDs = (0..<(replies.first?.calls.count ?? 0)).map { _ in ids.random.alphanumerics(8).lowercased() }
            signature =
                request.model.thinks
                ? Gemini.signatureHead + Base64.encode(Array(ids.random.alphanumerics(24).utf8)) : nil
        }

        func whole() -> [UInt8] {
            var document = Document(indent: 2, reserving: 1024)
            write(to: &document, usage) { list in
                for (index, reply) in replies.enumerated() {
                    write(parts(of: reply), index, end: reply, to: &list)
                }
            }
            return document.bytes + [0x0a]
        }

        func chunks(indent: Int) -> [[UInt8]] {
            var chunks: [[UInt8]] = []
            var soFar = usage
            soFar.candidates = 0
            func add(_ parts: [Part], _ index: Int, end: Reply?) {
                var document = Document(indent: indent, isSpaced: true, reserving: 512)
                write(to: &document, end != nil && index == replies.count - 1 ? usage : soFar) {
                    write(parts, index, end: end, to: &$0)
                }
                chunks.append(document.bytes)
            }
            if replies.isEmpty {
                var document = Document(indent: indent, isSpaced: true)
                write(to: &document, usage) { _ in }
                return [document.bytes]
            }
            for (index, reply) in replies.enumerated() {
                var pieces: [Part] = request.showsThoughts ? reply.reasoning.map { .thought([$0]) } : []
                pieces += reply.text.map { .text([$0]) }
                pieces += calls(of: reply)
                // The newest models close with an empty piece of text, the others with their last.
                let last: Part? = request.model.generation >= 3 || reply.end == .filtered ? nil : pieces.popLast()
                for piece in pieces {
                    if case .text(let text) = piece { soFar.candidates += Reply.sum(text) }
                    add([piece], index, end: nil)
                }
                let closing = last ?? (reply.end == .filtered ? nil : .text([]))
                add(closing.map { [$0] } ?? [], index, end: reply)
            }
            return chunks
        }

        private func parts(of reply: Reply) -> [Part] {
            if reply.end == .filtered { return [] }
            var parts: [Part] = request.showsThoughts && !reply.reasoning.isEmpty ? [.thought(reply.reasoning)] : []
            if !reply.text.isEmpty { parts.append(.text(reply.text)) }
            return parts + calls(of: reply)
        }

        private func calls(of reply: Reply) -> [Part] {
            reply.calls.enumerated().map { index, call in
                .call(
                    call, id: request.model.generation >= 3 && index < callIDs.count ? callIDs[index] : nil,
                    signature: index == 0 ? signature : nil)
            }
        }

        // MARK: Layout

        private func write(
            to document: inout Document, _ usage: Usage, _ candidates: (inout Document) -> Void
        ) {
            document.object { root in
                if isBlocked {
                    root.object("promptFeedback") { $0.member("blockReason", "PROHIBITED_CONTENT") }
                } else {
                    root.array("candidates", candidates)
                }
                if let reported = usage.reported(fault) {
                    root.object("usageMetadata") { write(reported, to: &$0) }
                }
                root.member("modelVersion", request.model.name)
                root.member("responseId", id)
            }
        }

        private func write(_ usage: Usage, to object: inout Document) {
            object.member("promptTokenCount", usage.prompt)
            if usage.candidates > 0 { object.member("candidatesTokenCount", usage.candidates) }
            object.member("totalTokenCount", usage.prompt + usage.candidates + usage.thoughts)
            if usage.cached > 0 { object.member("cachedContentTokenCount", usage.cached) }
            object.array("promptTokensDetails") { list in
                let other = usage.media.values.reduce(0, +)
                Self.write("TEXT", max(0, usage.prompt - other), to: &list)
                for (kind, count) in usage.media.sorted(by: { $0.key < $1.key }) { Self.write(kind, count, to: &list) }
            }
            if usage.cached > 0 {
                object.array("cacheTokensDetails") { Self.write("TEXT", usage.cached, to: &$0) }
            }
            if usage.thoughts > 0 { object.member("thoughtsTokenCount", usage.thoughts) }
            object.member("serviceTier", request.tier)
        }

        private static func write(_ modality: String, _ count: Int, to list: inout Document) {
            list.object { item in
                item.member("modality", modality)
                item.member("tokenCount", count)
            }
        }

        private func write(_ parts: [Part], _ index: Int, end: Reply?, to list: inout Document) {
            list.object { candidate in
                candidate.object("content") { content in
                    if end?.end == .filtered { return }
                    if !parts.isEmpty {
                        content.array("parts") { list in for part in parts { write(part, to: &list) } }
                    }
                    content.member("role", "model")
                }
                if let end {
                    candidate.member("finishReason", finish ?? Self.finish(end.end))
                    if end.end == .toolCalls, request.model.generation >= 3 {
                        candidate.member("finishMessage", "Model generated function call(s).")
                    }
                    if end.end == .filtered { Self.writeRatings(to: &candidate) }
                    if request.searches, end.end == .stop { writeFinds(end, to: &candidate) }
                }
                if request.model.generation >= 2.5 || index > 0 { candidate.member("index", index) }
                if let top = request.logprobs { write(parts, top: top, to: &candidate) }
            }
        }

        private static func finish(_ end: Reply.End) -> String {
            switch end {
            case .stop, .stopSequence, .toolCalls, .refusal: "STOP"
            case .length: "MAX_TOKENS"
            case .filtered: "SAFETY"
            }
        }

        private func write(_ part: Part, to list: inout Document) {
            list.object { object in
                switch part {
                case .text(let pieces): object.member("text", pieces.text)
                case .thought(let pieces):
                    object.member("text", pieces.text)
                    object.member("thought", true)
                case .call(let call, let id, let signature):
                    object.object("functionCall") { function in
                        if let id { function.member("id", id) }
                        function.member("name", call.name)
                        // What the tokens cut off is no JSON any more, and left out.
                        let arguments = (try? JSON.parse(Array(call.arguments.utf8))) ?? [:]
                        function.key("args")
                        function.raw(arguments.text)
                    }
                    if let signature { object.member("thoughtSignature", signature) }
                }
            }
        }

        private static func writeRatings(to candidate: inout Document) {
            candidate.array("safetyRatings") { list in
                list.object { rating in
                    rating.member("category", "HARM_CATEGORY_HATE_SPEECH")
                    rating.member("probability", "LOW")
                    rating.member("blocked", true)
                }
            }
        }

        private func writeFinds(_ reply: Reply, to candidate: inout Document) {
            let text = reply.text.text
            candidate.object("groundingMetadata") { data in
                data.array("webSearchQueries") { $0.string(String(request.talk.lastUserText.prefix(100))) }
                data.array("groundingChunks") { list in
                    list.object { chunk in
                        chunk.object("web") { web in
                            web.member("uri", "https://example.test/found")
                            web.member("title", "What the mock found")
                        }
                    }
                }
                data.array("groundingSupports") { list in
                    list.object { support in
                        support.object("segment") { segment in
                            segment.member("endIndex", text.utf8.count)
                            segment.member("text", text)
                        }
                        support.array("groundingChunkIndices") { $0.int(0) }
                    }
                }
            }
        }

        private func write(_ parts: [Part], top: Int, to candidate: inout Document) {
            let pieces = parts.flatMap { part in
                if case .text(let pieces) = part { pieces } else { [] as [Piece] }
            }
            candidate.object("logprobsResult") { result in
                result.array("topCandidates") { list in
                    for piece in pieces {
                        list.object { item in
                            item.array("candidates") { tops in
                                for rank in 0..<top { Self.write(piece, rank: rank, to: &tops) }
                            }
                        }
                    }
                }
                result.array("chosenCandidates") { list in
                    for piece in pieces { Self.write(piece, rank: 0, to: &list) }
                }
            }
        }

        private static func write(_ piece: Piece, rank: Int, to list: inout Document) {
            list.object { item in
                item.member("token", rank == 0 ? piece.text : piece.text + String(rank))
                item.key("logProbability")
                item.raw("-\(rank).25")
            }
        }
    }
}
