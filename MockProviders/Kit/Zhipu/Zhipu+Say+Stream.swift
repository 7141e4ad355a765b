extension Zhipu.Say {
    /// The events of the stream, without its terminator (spec/wire/zhipu.md §4).
    ///
    /// Each delta has a `role`, except those with tool calls. `finish_reason` is missing before the last event, which
    /// has the usage beside it.
    func events() -> [[UInt8]] {
        var events = reasoning.map { piece in event { $0.member("reasoning_content", piece.text) } }
        for piece in text { events.append(event { $0.member("content", piece.text) }) }
        for (index, call) in calls.enumerated() { events += self.events(of: call, index) }
        if !request.model.isOld, !text.isEmpty { events.append(event { $0.member("content", "") }) }
        events.append(last)
        return events
    }

    private func events(of call: (id: String, call: Reply.Call), _ index: Int) -> [[UInt8]] {
        guard request.streamsTools else {
            return [toolEvent { write(call, index, arguments: call.call.arguments, to: &$0) }]
        }
        let pieces = tokenPieces(call.call.arguments, model: request.model.id)
        return [toolEvent { write(call, index, arguments: "", to: &$0) }]
            + pieces.map { piece in
                toolEvent { item in
                    item.member("index", index)
                    item.object("function") { $0.member("arguments", piece.text) }
                }
            }
    }

    private func toolEvent(_ body: (inout Document) -> Void) -> [UInt8] {
        framed { choice in
            choice.object("delta") { delta in
                delta.array("tool_calls") { $0.object(body) }
            }
        }
    }

    private func event(_ body: (inout Document) -> Void) -> [UInt8] {
        framed { choice in
            choice.object("delta") { delta in
                delta.member("role", "assistant")
                body(&delta)
            }
        }
    }

    private var last: [UInt8] {
        framed(
            { choice in
                choice.member("finish_reason", finish)
                choice.object("delta") { delta in
                    delta.member("role", "assistant")
                    delta.member("content", "")
                }
            },
            after: { root in
                writeExtras(to: &root)
                reported?.write(to: &root, hasDetails: true)
            })
    }

    private func framed(
        _ body: (inout Document) -> Void, after: (inout Document) -> Void = { _ in }
    ) -> [UInt8] {
        var document = Document(reserving: 384)
        document.object { root in
            root.member("id", id)
            root.member("created", created)
            if !request.model.isOld { root.member("object", "chat.completion.chunk") }
            root.member("model", request.model.id)
            root.array("choices") { choices in
                choices.object { choice in
                    choice.member("index", 0)
                    body(&choice)
                }
            }
            after(&root)
        }
        return Array("data: ".utf8) + document.bytes + [0x0a, 0x0a]
    }
}
