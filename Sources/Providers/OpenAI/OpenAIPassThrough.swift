package import Chat
import JSON

/// A client's own body made fit for an upstream of the same format: only the spans that must change are spliced.
package enum OpenAIPassThrough {
    /// - Parameters:
    ///   - model: the upstream's name for the model.
    ///   - systemPrompt: the channel's; replaces the first message's content if that is a system or developer message,
    ///     else goes before it.
    /// - Returns: the same array if nothing had to change.
    package static func body(
        _ body: [UInt8], envelope: ChatEnvelope, model: String, systemPrompt: String?
    ) -> [UInt8] {
        var edits: [JSONEdit] = []
        if model != envelope.model {
            edits.append(JSONEdit(envelope.spans.model, JSON.string(model).encoded()))
        }
        body.withUnsafeBytes { bytes in
            if envelope.isStream, !envelope.includesUsage { edits += includeUsage(bytes, envelope) }
            if let systemPrompt { edits += prompt(systemPrompt, bytes, envelope) }
        }
        return JSONSpans.splice(body, edits)
    }

    /// Usage is always asked for, since a stream without it would have to be counted.
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
            let role = JSONSpans.find("role", in: bytes, from: first.lowerBound).map { bytes[$0.valueRange] }
            let isSystem = role.map {
                $0.elementsEqual(#""system""#.utf8) || $0.elementsEqual(#""developer""#.utf8)
            }
            if isSystem == true {
                if let content = JSONSpans.find("content", in: bytes, from: first.lowerBound) {
                    edits.append(JSONEdit(content.valueRange, encoded))
                } else if let edit = JSONSpans.insertion(
                    of: Array(#""content":"#.utf8) + encoded, intoObjectAt: first.lowerBound, in: bytes)
                {
                    edits.append(edit)
                }
            } else {
                let message = Array(#"{"role":"system","content":"#.utf8) + encoded + Array("},".utf8)
                edits.append(JSONEdit(first.lowerBound..<first.lowerBound, message))
            }
            return false
        }
        return edits
    }
}
