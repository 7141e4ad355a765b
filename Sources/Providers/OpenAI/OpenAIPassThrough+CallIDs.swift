import Chat
import JSON

extension OpenAIPassThrough {
    /// Shortens the ids of calls that OpenAI would refuse for their length, in the calls and in their results alike: they come
    /// from an upstream that another channel leads to.
    static func callIDs(_ bytes: UnsafeRawBufferPointer, _ envelope: ChatEnvelope) -> [JSONEdit] {
        var edits: [JSONEdit] = []
        JSONSpans.forEachElement(in: bytes, from: envelope.spans.messages.lowerBound) { message in
            JSONSpans.forEachMember(in: bytes, from: message.lowerBound) { member in
                if JSONSpans.key(of: member, in: bytes, is: "tool_call_id") {
                    edits += shortened(member.valueRange, bytes)
                } else if JSONSpans.key(of: member, in: bytes, is: "tool_calls") {
                    JSONSpans.forEachElement(in: bytes, from: member.valueRange.lowerBound) { call in
                        if let id = JSONSpans.find("id", in: bytes, from: call.lowerBound) {
                            edits += shortened(id.valueRange, bytes)
                        }
                        return true
                    }
                }
                return true
            }
            return true
        }
        return edits
    }

    private static func shortened(_ range: Range<Int>, _ bytes: UnsafeRawBufferPointer) -> [JSONEdit] {
        guard let id = (try? JSON.parse(Array(bytes[range])))?.string, id.utf8.count > CallID.most else { return [] }
        return [JSONEdit(range, JSON.string(CallID.bounded(id)).encoded())]
    }
}
