import JSON

extension Claude {
    /// The events of a streamed message (spec/wire/anthropic.md §7).
    struct Stream {
        private let message: Message
        private let usage: Usage?
        private var random: Seeded
        private(set) var events: [[UInt8]] = []
        /// The last event, `message_stop`.
        private(set) var end: [UInt8] = []

        init(_ message: Message, usage: Usage?, seed: UInt64) {
            self.message = message
            self.usage = usage
            random = Seeded(seed)
        }

        mutating func write() {
            start()
            for (index, part) in message.parts.enumerated() { write(part, index) }
            finish()
        }

        private mutating func start() {
            let (message, usage) = (message, usage)
            emit("message_start") { root in
                root.object("message") { head in
                    message.writeHead(to: &head)
                    head.array("content", { _ in })
                    head.member("stop_reason", nil as String?)
                    head.member("stop_sequence", nil as String?)
                    if let usage { head.object("usage") { usage.write(to: &$0, isFinal: false) } }
                }
            }
        }

        private mutating func finish() {
            let (message, usage) = (message, usage)
            emit("message_delta") { root in
                root.object("delta") { delta in
                    delta.member("stop_reason", message.stopReason)
                    delta.member("stop_sequence", message.stopSequence)
                    if message.model.isNewest || message.refusal != nil { message.writeStopDetails(to: &delta) }
                }
                if let usage { root.object("usage") { usage.writeDelta(to: &$0) } }
                if message.request.editsContext { message.writeContextEdits(to: &root) }
            }
            emit("message_stop") { _ in }
            end = events.removeLast()
        }

        // MARK: Framing

        /// An event. Its object begins with its type, and spaces before the last brace hide its length.
        private mutating func emit(_ name: StaticString, _ body: (inout Document) -> Void) {
            var document = Document()
            document.object { root in
                root.key("type")
                root.string(name.description)
                body(&root)
            }
            var event = Array("event: \(name)\ndata: ".utf8)
            event.reserveCapacity(event.count + document.bytes.count + 18)
            event += document.bytes.dropLast()
            close(&event)
        }

        private mutating func close(_ event: inout [UInt8]) {
            for _ in 0..<random.below(16) { event.append(0x20) }
            event += [0x7d, 0x0a, 0x0a]
            events.append(event)
        }

        /// The most frequent event. It is written directly, without a document, because that is faster.
        private mutating func delta(_ index: Int, _ type: StaticString, _ field: StaticString, _ text: String) {
            var event: [UInt8] = []
            event.reserveCapacity(160 + text.utf8.count)
            event += "event: content_block_delta\ndata: {\"type\":\"content_block_delta\",\"index\":".utf8
            event += String(index).utf8
            event += ",\"delta\":{\"type\":\"\(type)\",\"\(field)\":".utf8
            event.appendJSON(text)
            event.append(0x7d)
            close(&event)
        }

        private mutating func open(_ index: Int, _ body: (inout Document) -> Void) {
            emit("content_block_start") { root in
                root.member("index", index)
                root.object("content_block", body)
            }
            if index == 0 { events.append(Self.ping) }
        }

        static let ping = Array("event: ping\ndata: {\"type\": \"ping\"}\n\n".utf8)

        private mutating func shut(_ index: Int) { emit("content_block_stop") { $0.member("index", index) } }

        // MARK: Blocks

        private mutating func write(_ part: Message.Part, _ index: Int) {
            switch part {
            case .thinking(let pieces, let signature):
                open(index) { block in
                    block.member("type", "thinking")
                    block.member("thinking", "")
                    block.member("signature", "")
                }
                for piece in pieces { delta(index, "thinking_delta", "thinking", piece.text) }
                delta(index, "signature_delta", "signature", signature)
            case .text(let pieces, let citation): write(pieces, citation, index)
            case .toolUse(let id, let name, let arguments):
                open(index) { Message.Part.writeCall("tool_use", id, name, "{}", to: &$0) }
                write(arguments, index)
            case .serverToolUse(let id, let name, let arguments):
                open(index) { Message.Part.writeCall("server_tool_use", id, name, "{}", to: &$0) }
                write(arguments, index)
            case .redacted(let data):
                open(index) { block in
                    block.member("type", "redacted_thinking")
                    block.member("data", data)
                }
            case .searchResult(let id, let url, let title):
                open(index) { Message.Part.writeResult(id, url, title, to: &$0) }
            }
            shut(index)
        }

        private mutating func write(_ pieces: [Piece], _ citation: Citation?, _ index: Int) {
            open(index) { block in
                block.member("type", "text")
                block.member("text", "")
                if citation != nil { block.array("citations", { _ in }) }
            }
            if let citation {
                emit("content_block_delta") { root in
                    root.member("index", index)
                    root.object("delta") { delta in
                        delta.member("type", "citations_delta")
                        delta.key("citation")
                        citation.write(to: &delta)
                    }
                }
            }
            for piece in pieces { delta(index, "text_delta", "text", piece.text) }
        }

        /// The arguments in fragments. The first fragment is empty; an empty object has no other.
        private mutating func write(_ arguments: String, _ index: Int) {
            delta(index, "input_json_delta", "partial_json", "")
            if arguments == "{}" { return }
            for piece in tokenPieces(Self.spaced(arguments), model: message.model.id) {
                delta(index, "input_json_delta", "partial_json", piece.text)
            }
        }

        /// JSON with a space behind each colon and comma between values.
        static func spaced(_ json: String) -> String {
            var output: [UInt8] = []
            output.reserveCapacity(json.utf8.count + 16)
            var isInString = false
            var isEscaped = false
            for byte in json.utf8 {
                output.append(byte)
                if isInString {
                    if byte == 0x22, !isEscaped { isInString = false }
                    isEscaped = byte == 0x5c && !isEscaped
                } else if byte == 0x22 {
                    isInString = true
                } else if byte == 0x3a || byte == 0x2c {
                    output.append(0x20)
                }
            }
            return String(decoding: output, as: UTF8.self)
        }
    }
}
