/// Turns tool calls back into OpenAI's deprecated function call, for a client that sent `functions`. Such a client
/// expects at most one call in an answer, without an id.
package struct LegacyFunctions: Sendable {
    package init() {}

    /// - Returns: `nil` for an event that such a client cannot read.
    package func map(_ event: ChatEvent) -> ChatEvent? {
        switch event {
        case .toolCallStarted(let choice, let index, var call):
            guard index == 0 else { return nil }
            call.kind = .legacyFunction
            return .toolCallStarted(choice, index: 0, call)
        case .toolCallArgumentsDelta(_, let index, _): return index == 0 ? event : nil
        case .finished(let choice, .toolCalls): return .finished(choice, .legacyFunctionCall)
        default: return event
        }
    }
}
