import Arithmetic

extension ChatRequest {
    /// Moves the results of tool calls right behind the calls, before what the user said meanwhile, since providers take
    /// them nowhere else. Everything else keeps its order.
    package mutating func gatherResults() {
        guard hasLateResults else { return }
        var order: [Int] = []
        // Messages between calls and their results.
        var others: [Int] = []
        var calls = OpenCalls()
        for (index, message) in messages.enumerated() {
            if message.role == .assistant {
                order += others
                others = []
                order.append(index)
                calls.take(message)
            } else if calls.answers(message) {
                order.append(index)
            } else {
                calls.isInterrupted = true
                others.append(index)
            }
        }
        order += others
        messages = order.map { messages[$0] }
        messageOrder = order
    }

    /// Where the client wrote a message, for errors that name it.
    /// - Parameter index: among `messages`.
    package func clientPlace(of index: Int) -> Int {
        let place = max(0, index.minus(addedMessages))
        guard let messageOrder, messageOrder.indices.contains(place) else { return place }
        return messageOrder[place]
    }

    private var hasLateResults: Bool {
        var calls = OpenCalls()
        for message in messages {
            if message.role == .assistant {
                calls.take(message)
            } else if !calls.answers(message) {
                calls.isInterrupted = true
            } else if calls.isInterrupted {
                return true
            }
        }
        return false
    }
}

/// The calls of the last assistant messages.
private struct OpenCalls {
    private var ids: Set<String> = []
    /// A message that is no result follows them.
    var isInterrupted = true

    mutating func take(_ message: Message) {
        if isInterrupted { ids = [] }
        isInterrupted = false
        for part in message.parts {
            if case .toolCall(let call) = part.content { ids.insert(call.id) }
        }
    }

    /// Whether a message is the result of one of the calls. Those of OpenAI's deprecated kind have no ids.
    func answers(_ message: Message) -> Bool {
        guard message.role == .tool, !ids.isEmpty else { return false }
        return message.parts.contains { part in
            if case .toolResult(let result) = part.content { ids.contains(result.callID) } else { false }
        }
    }
}
