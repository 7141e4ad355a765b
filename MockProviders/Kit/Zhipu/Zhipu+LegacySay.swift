extension Zhipu {
    /// An answer of version 3 (spec/wire/zhipu.md §5).
    struct LegacySay {
        let taskID: String
        let requestID: String
        let usage: Usage
        private let reported: Usage?
        private let request: LegacyRequest
        private let text: [Piece]
        private let isFiltered: Bool

        init(_ request: LegacyRequest, _ call: Call, _ prompts: PromptMemory) {
            var ids = call.ids
            taskID = "\(1_000_000_000_000_000 + ids.random.below(8_999_999_999_999_999))"
            requestID = request.id ?? taskID
            self.request = request
            // The format has no tool calls. A script's calls are not sent.
            var script = call.script
            script?.toolCalls = []
            let reply = Reply(to: request.prompt(call.ids.content), script: script, memory: prompts)
            text = Self.indented(reply.text, isScripted: script?.text != nil || script?.chunks != nil)
            isFiltered = reply.end == .filtered || call.script?.finishReason == "sensitive"
            usage = Usage(
                prompt: script?.promptTokens ?? request.promptTokens,
                completion: script?.completionTokens ?? Reply.sum(reply.text))
            reported = usage.reported(call.usage)
        }

        /// The answers of these models begin with a space, which is part of the text.
        private static func indented(_ pieces: [Piece], isScripted: Bool) -> [Piece] {
            guard !isScripted, let first = pieces.first, !first.text.hasPrefix(" ") else { return pieces }
            return [Piece(text: " " + first.text, tokens: first.tokens)] + pieces.dropFirst()
        }

        // MARK: Whole

        func whole() -> [UInt8] {
            var content: [UInt8] = []
            content.appendJSON(text.text)
            let said = request.isEncoded ? String(decoding: content, as: UTF8.self) : text.text
            return Self.envelope(taskID, requestID, status: "SUCCESS") { data in
                data.array("choices") { choices in
                    choices.object { choice in
                        choice.member("role", "assistant")
                        choice.member("content", said)
                    }
                }
                reported?.write(to: &data, hasDetails: false)
            }
        }

        func running() -> [UInt8] { Self.running(taskID, requestID) }

        static func running(_ task: String, _ request: String) -> [UInt8] {
            envelope(task, request, status: "PROCESSING") { _ in }
        }

        private static func envelope(
            _ task: String, _ request: String, status: String, _ body: (inout Document) -> Void
        ) -> [UInt8] {
            var document = Document()
            document.object { root in
                root.member("code", 200)
                root.member("msg", "操作成功")
                root.member("success", true)
                root.object("data") { data in
                    data.member("request_id", request)
                    data.member("task_id", task)
                    data.member("task_status", status)
                    body(&data)
                }
            }
            return document.bytes
        }

        // MARK: Stream

        /// The events have no space behind the colons, and there is no `[DONE]`. The last event has the usage in a
        /// field of its own.
        func events() -> [[UInt8]] {
            var events: [[UInt8]] = []
            var whole = ""
            for piece in text {
                whole += piece.text
                events.append(event("add", request.isIncremental ? piece.text : whole, meta: nil))
            }
            events.append(event(isFiltered ? "interrupted" : "finish", "", meta: meta))
            return events
        }

        private func event(_ name: String, _ text: String, meta: String?) -> [UInt8] {
            // The text is split by bytes, because Swift reads CR LF as one character.
            let text = text.replacing("\r\n", with: "\n").replacing("\r", with: "\n")
            let lines = text.utf8.split(separator: 0x0a, omittingEmptySubsequences: false)
            var event = Array("event:\(name)\nid:\(taskID)\n".utf8)
            for line in lines { event += Array("data:".utf8) + line + [0x0a] }
            if let meta { event += Array("meta:\(meta)\n".utf8) }
            return event + [0x0a]
        }

        private var meta: String {
            var document = Document()
            document.object { root in
                root.member("task_status", "SUCCESS")
                reported?.write(to: &root, hasDetails: false)
                root.member("task_id", taskID)
                root.member("request_id", requestID)
            }
            return String(decoding: document.bytes, as: UTF8.self)
        }
    }
}
