package import Chat
import JSON

/// A client's own body made fit for an upstream of the same format: only the spans that must change are spliced.
package enum OpenAIPassThrough {
    /// - Parameters:
    ///   - model: the upstream's name for the model.
    ///   - asksForUsage: whether a stream's usage is asked for, since a stream without it has to be counted; `false` for
    ///     an upstream that takes no `stream_options`: then the client's own stay away too.
    ///   - systemPrompt: the channel's; replaces the first message's content if that is a system or developer message,
    ///     else goes before it.
    /// - Returns: the same array if nothing had to change.
    package static func body(
        _ body: [UInt8], envelope: ChatEnvelope, model: String, asksForUsage: Bool = true, systemPrompt: String?
    ) -> [UInt8] {
        var edits: [JSONEdit] = []
        if model != envelope.model {
            edits.append(JSONEdit(envelope.spans.model, JSON.string(model).encoded()))
        }
        body.withUnsafeBytes { bytes in
            if !asksForUsage {
                if envelope.spans.streamOptions != nil { edits += withoutStreamOptions(bytes) }
            } else if envelope.isStream, !envelope.includesUsage {
                edits += includeUsage(bytes, envelope)
            }
            if envelope.hasLongCallIDs { edits += callIDs(bytes, envelope) }
            if let systemPrompt { edits += prompt(systemPrompt, bytes, envelope) }
        }
        return JSONSpans.splice(body, edits)
    }

    private static func withoutStreamOptions(_ bytes: UnsafeRawBufferPointer) -> [JSONEdit] {
        JSONSpans.find("stream_options", in: bytes).map { [JSONEdit(JSONSpans.removal(of: $0, in: bytes), [])] } ?? []
    }

    private static func includeUsage(_ bytes: UnsafeRawBufferPointer, _ envelope: ChatEnvelope) -> [JSONEdit] {
        let wanted = Array(#""include_usage":true"#.utf8)
        guard let options = envelope.spans.streamOptions else {
            let member = Array(#""stream_options":{"include_usage":true}"#.utf8)
            return JSONSpans.insertion(of: member, intoObjectAt: 0, in: bytes).map { [$0] } ?? []
        }
        guard bytes[options.lowerBound] == 0x7b else {
            return [JSONEdit(options, Array(#"{"include_usage":true}"#.utf8))]
        }
        // All members of that name are set: which of several the upstream reads is its own affair.
        var edits: [JSONEdit] = []
        JSONSpans.forEachMember(in: bytes, from: options.lowerBound) { member in
            if JSONSpans.key(of: member, in: bytes, is: "include_usage") {
                edits.append(JSONEdit(member.valueRange, Array("true".utf8)))
            }
            return true
        }
        if !edits.isEmpty { return edits }
        return JSONSpans.insertion(of: wanted, intoObjectAt: options.lowerBound, in: bytes).map { [$0] } ?? []
    }

    private static func prompt(
        _ text: String, _ bytes: UnsafeRawBufferPointer, _ envelope: ChatEnvelope
    ) -> [JSONEdit] {
        let encoded = JSON.string(text).encoded()
        var edits: [JSONEdit] = []
        JSONSpans.forEachElement(in: bytes, from: envelope.spans.messages.lowerBound) { first in
            switch FirstMessage(bytes, at: first.lowerBound) {
            case .instructions(let content?): edits.append(JSONEdit(content, encoded))
            case .instructions(nil):
                let member = Array(#""content":"#.utf8) + encoded
                if let edit = JSONSpans.insertion(of: member, intoObjectAt: first.lowerBound, in: bytes) {
                    edits.append(edit)
                }
            case .other:
                let message = Array(#"{"role":"system","content":"#.utf8) + encoded + Array("},".utf8)
                edits.append(JSONEdit(first.lowerBound..<first.lowerBound, message))
            }
            return false
        }
        return edits
    }

    /// What the first message is to a channel that has a prompt of its own.
    private enum FirstMessage {
        /// A system or developer message, and where its content lies.
        case instructions(content: Range<Int>?)
        /// Any other. Also one that names its role or content twice: which of them the upstream would read is its own
        /// affair, and the channel's prompt must not be lost to that.
        case other

        init(_ bytes: UnsafeRawBufferPointer, at start: Int) {
            var roles: [Range<Int>] = []
            var contents: [Range<Int>] = []
            JSONSpans.forEachMember(in: bytes, from: start) { member in
                if JSONSpans.key(of: member, in: bytes, is: "role") { roles.append(member.valueRange) }
                if JSONSpans.key(of: member, in: bytes, is: "content") { contents.append(member.valueRange) }
                return true
            }
            // Parsed, since a role may be spelled with escapes.
            let role = roles.first.flatMap { try? JSON.parse(Array(bytes[$0])).string }
            guard roles.count == 1, contents.count <= 1, role == "system" || role == "developer" else {
                self = .other
                return
            }
            self = .instructions(content: contents.first)
        }
    }
}
