import JSON

extension Gemini {
    /// An answer in the service's parts (spec/wire/gemini.md §§3–7). `Gemini+Layout.swift` writes the bytes.
    struct Output {
        enum Part {
            case text([Piece], signature: String?)
            case thought([Piece])
            case call(name: String, arguments: JSON, id: String?, signature: String?)
            case blob(type: String, data: String)
            case code(String)
            case codeResult(String)
        }

        static let imageTokens = 1290

        let id: String
        let request: Request
        private(set) var usage: Usage
        let fault: UsageFault
        let names: Names
        /// The reason why a prompt is not answered at all.
        let blockReason: String?
        let time: Int
        private(set) var replies: [Reply] = []
        private let finishName: String?
        private let callIDs: [String]
        private let signature: String?

        /// - Parameter isStream: the answer is a stream. Its text was sent before the filter blocked it.
        init(_ request: Request, _ call: Call, _ prompts: PromptMemory, isStream: Bool) {
            var ids = call.ids
            self.request = request
            id = ids.random.alphanumerics(23)
            time = ids.created
            fault = call.usage
            names = Names(areNumbers: Google.wantsNumbers(call))
            let text = request.talk.lastUserText
            blockReason = Self.blockReason(in: text)
            finishName = call.script?.finishReason ?? Self.name(after: "mock-finish-", in: text)
            usage = Usage(
                prompt: call.script?.promptTokens ?? request.promptTokens,
                cached: call.script?.cachedTokens ?? request.cachedTokens, promptMedia: request.talk.media)
            if blockReason == nil {
                var script = call.script
                if !request.words.isEmpty, script?.text == nil, script?.chunks == nil {
                    script = script ?? Script()
                    script?.text = request.words[Int(request.prompt.content % UInt64(request.words.count))]
                }
                replies = (0..<request.candidates).map {
                    Reply(to: request.prompt, script: script, memory: prompts, variant: $0)
                }
            }
            callIDs = (0..<(replies.first?.calls.count ?? 0)).map { _ in ids.random.alphanumerics(8).lowercased() }
            let seal = Base64.encode(Array(ids.random.alphanumerics(24).utf8))
            let thinks = replies.contains { !$0.reasoning.isEmpty }
            signature = thinks ? Gemini.signatureHead + seal : nil
            count(call.script, isStream: isStream)
        }

        private mutating func count(_ script: Script?, isStream: Bool) {
            usage.thoughts = replies.reduce(0) { $0 + $1.reasoningTokens }
            let visible = replies.filter { isStream || finish(of: $0).content == .whole }
            usage.candidates = visible.reduce(0) { $0 + $1.tokens - $1.reasoningTokens }
            let texts = visible.count { !$0.text.isEmpty }
            if request.modality == .image {
                usage.candidates += texts * Self.imageTokens
                usage.candidateMedia = ["IMAGE": texts * Self.imageTokens]
            } else if request.modality == .audio {
                usage.candidateMedia = ["AUDIO": usage.candidates]
            }
            if let count = script?.completionTokens {
                usage.candidates = max(0, count - usage.thoughts)
                usage.candidateMedia = [:]
            }
            if replies.contains(where: runsCode) { usage.toolUse += 24 }
            if replies.contains(where: readsPages) { usage.toolUse += 64 }
        }

        // MARK: Words that steer

        private static func name(after mark: String, in text: String) -> String? {
            guard let range = text.firstRange(of: mark) else { return nil }
            let name = text[range.upperBound...].prefix { $0 == "_" || ($0.isASCII && $0.isLetter) }
            return name.isEmpty ? nil : name.uppercased()
        }

        private static let blockReasons: Set = [
            "SAFETY", "OTHER", "BLOCKLIST", "PROHIBITED_CONTENT", "IMAGE_SAFETY", "MODEL_ARMOR", "JAILBREAK",
        ]

        private static func blockReason(in text: String) -> String? {
            guard text.firstRange(of: "mock-block") != nil else { return nil }
            let name = name(after: "mock-block-", in: text) ?? ""
            return blockReasons.contains(name) ? name : "PROHIBITED_CONTENT"
        }

        // MARK: Parts

        /// - Parameter split: makes a part for each piece, as in a stream.
        func parts(of reply: Reply, split: Bool) -> [Part] {
            func pieces(_ all: [Piece]) -> [[Piece]] { split ? all.map { [$0] } : all.isEmpty ? [] : [all] }
            var parts: [Part] = request.showsThoughts ? pieces(reply.reasoning).map { .thought($0) } : []
            if runsCode(reply) { parts += [.code("print(6 * 7)"), .codeResult("42\n")] }
            switch request.modality {
            case .audio where !reply.text.isEmpty:
                let sound = Sound.bytes(format: "pcm", milliseconds: 40 * Reply.sum(reply.text))
                return parts + [.blob(type: "audio/L16;codec=pcm;rate=24000", data: Base64.encode(sound))]
            case .image where !reply.text.isEmpty:
                parts += pieces(reply.text).map { .text($0, signature: nil) }
                return parts + [.blob(type: "image/png", data: Samples.png)]
            default: break
            }
            var texts: [Part] = pieces(reply.text).map { .text($0, signature: nil) }
            if !split, reply.calls.isEmpty, request.model.generation >= 3, case .text(let all, _)? = texts.popLast() {
                texts.append(.text(all, signature: signature))
            }
            return parts + texts + calls(of: reply)
        }

        /// The part with which streams of the newest models end.
        func closing(of reply: Reply) -> Part { .text([], signature: reply.calls.isEmpty ? signature : nil) }

        private func calls(of reply: Reply) -> [Part] {
            reply.calls.enumerated().map { index, call in
                // Arguments that were cut off are not JSON, and are left out.
                let arguments = (try? JSON.parse(Array(call.arguments.utf8))) ?? [:]
                let id = request.model.generation >= 3 && index < callIDs.count ? callIDs[index] : nil
                return .call(name: call.name, arguments: arguments, id: id, signature: index == 0 ? signature : nil)
            }
        }

        func tokens(_ part: Part, of reply: Reply) -> Int {
            switch part {
            case .text(let pieces, _): Reply.sum(pieces)
            case .thought, .code, .codeResult: 0
            case .call: (reply.tokens - reply.reasoningTokens - Reply.sum(reply.text)) / max(1, reply.calls.count)
            case .blob: request.modality == .image ? Self.imageTokens : Reply.sum(reply.text)
            }
        }

        // MARK: Tools at the service

        private func has(_ tool: String, _ reply: Reply) -> Bool {
            request.serverTools.contains(tool) && reply.end == .stop
        }

        func searches(_ reply: Reply) -> Bool { has("googleSearch", reply) || has("googleSearchRetrieval", reply) }
        func runsCode(_ reply: Reply) -> Bool { has("codeExecution", reply) }
        func readsPages(_ reply: Reply) -> Bool { has("urlContext", reply) }

        func finish(of reply: Reply) -> Finish {
            if let finishName { return Finish(name: finishName, reply) }
            switch reply.end {
            case .stop, .stopSequence, .refusal: return Finish(reason: "STOP")
            case .toolCalls:
                let message = request.model.generation >= 3 ? "Model generated function call(s)." : nil
                return Finish(reason: "STOP", message: message)
            case .length: return Finish(reason: "MAX_TOKENS")
            case .filtered: return Finish(name: "SAFETY", reply)
            }
        }
    }
}
