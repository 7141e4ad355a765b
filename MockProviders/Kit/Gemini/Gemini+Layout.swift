import JSON

extension Gemini.Output {
    /// The whole answer, indented.
    func whole() -> [UInt8] {
        var document = Document(indent: 2, reserving: 1024)
        write(to: &document, usage) { list in
            for (index, reply) in replies.enumerated() {
                write(parts(of: reply, split: false), index, end: reply, to: &list)
            }
        }
        return document.bytes
    }

    /// The answer in the pieces of a stream. Each is a whole answer with the counts so far.
    func chunks(indent: Int) -> [[UInt8]] {
        var chunks: [[UInt8]] = []
        func add(_ parts: [Part], _ index: Int, _ usage: Gemini.Usage, end: Reply? = nil) {
            var document = Document(indent: indent, isSpaced: true, reserving: 512)
            write(to: &document, usage) { write(parts, index, end: end, to: &$0) }
            chunks.append(document.bytes)
        }
        var soFar = usage
        soFar.candidates = 0
        soFar.candidateMedia = [:]
        let isOld = request.model.generation <= 2
        // Older models report an estimate of the prompt until the last piece.
        if isOld { soFar.prompt += 2 }
        for (index, reply) in replies.enumerated() {
            var parts = parts(of: reply, split: true)
            var last: [Part] = []
            if finish(of: reply).content == .whole {
                last = request.model.generation >= 3 ? [closing(of: reply)] : parts.popLast().map { [$0] } ?? []
            }
            for part in parts {
                if !isOld { soFar.candidates += tokens(part, of: reply) }
                add([part], index, soFar)
            }
            if index == replies.count - 1 { soFar = usage }
            add(last, index, soFar, end: reply)
        }
        if replies.isEmpty {
            var document = Document(indent: indent, isSpaced: true)
            write(to: &document, usage) { _ in }
            chunks.append(document.bytes)
        }
        return chunks
    }

    private func write(
        to document: inout Document, _ usage: Gemini.Usage, _ candidates: (inout Document) -> Void
    ) {
        document.object { root in
            if let blockReason {
                root.object("promptFeedback") { feedback in
                    names.write("blockReason", blockReason, of: Gemini.Names.blockReasons, to: &feedback)
                    if blockReason == "SAFETY" { writeRatings(to: &feedback) }
                    if blockReason == "MODEL_ARMOR" {
                        feedback.member("blockReasonMessage", "Blocked by Model Armor.")
                    }
                }
            } else {
                root.array("candidates", candidates)
            }
            if let reported = usage.reported(fault) {
                let tier: (StaticString, String) =
                    request.isVertex ? ("trafficType", "ON_DEMAND") : ("serviceTier", request.tier)
                root.object("usageMetadata") { reported.write(to: &$0, names, tier: blockReason == nil ? tier : nil) }
            }
            root.member("modelVersion", request.model.version)
            if request.isVertex { root.member("createTime", rfc3339(time)) }
            root.member("responseId", id)
        }
    }

    private func write(_ parts: [Part], _ index: Int, end: Reply?, to list: inout Document) {
        let finish = end.map { self.finish(of: $0) }
        let content = finish?.content ?? .whole
        list.object { candidate in
            if content != .none {
                candidate.object("content") { object in
                    if content == .empty { return }
                    if !parts.isEmpty {
                        object.array("parts") { list in for part in parts { write(part, to: &list) } }
                    }
                    object.member("role", "model")
                }
            }
            if let finish {
                names.write("finishReason", finish.reason, of: Gemini.Names.finishReasons, to: &candidate)
                if let message = finish.message { candidate.member("finishMessage", message) }
            }
            if request.model.generation >= 2.5 || index > 0 { candidate.member("index", index) }
            if finish?.hasRatings == true { writeRatings(to: &candidate) }
            if finish?.hasCitations == true { Self.writeCitations(to: &candidate, isVertex: request.isVertex) }
            if end != nil, request.model.generation == 2 || request.isVertex || request.logprobs != nil {
                candidate.key("avgLogprobs")
                candidate.raw("-0.25")
            }
            if let end { writeFinds(end, to: &candidate) }
            if let top = request.logprobs { Self.write(parts, top: top, to: &candidate) }
        }
    }

    private func write(_ part: Part, to list: inout Document) {
        list.object { object in
            switch part {
            case .text(let pieces, let signature):
                object.member("text", pieces.map(\.text).joined())
                if let signature { object.member("thoughtSignature", signature) }
            case .thought(let pieces):
                object.member("text", pieces.map(\.text).joined())
                object.key("thought")
                object.bool(true)
            case .call(let name, let arguments, let id, let signature):
                object.object("functionCall") { function in
                    if let id { function.member("id", id) }
                    function.member("name", name)
                    function.key("args")
                    Self.write(arguments, to: &function)
                }
                if let signature { object.member("thoughtSignature", signature) }
            case .blob(let type, let data):
                object.object("inlineData") { blob in
                    blob.member("mimeType", type)
                    blob.member("data", data)
                }
            case .code(let code):
                object.object("executableCode") { item in
                    names.write("language", "PYTHON", of: Gemini.Names.languages, to: &item)
                    item.member("code", code)
                }
            case .codeResult(let output):
                object.object("codeExecutionResult") { item in
                    names.write("outcome", "OUTCOME_OK", of: Gemini.Names.outcomes, to: &item)
                    item.member("output", output)
                }
            }
        }
    }

    private static func write(_ json: JSON, to document: inout Document) {
        switch json {
        case .object(let object):
            document.object { inner in
                for member in object.members {
                    inner.key(member.key)
                    write(member.value, to: &inner)
                }
            }
        case .array(let items): document.array { inner in for item in items { write(item, to: &inner) } }
        default: document.raw(json.text)
        }
    }
}
