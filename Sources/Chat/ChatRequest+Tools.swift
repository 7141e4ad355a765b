extension ChatRequest {
    /// The function that the model has to call: the one that the client names, or the only tool where some tool has to be
    /// called. `nil` if the model may choose.
    package var forcedFunction: String? {
        switch toolChoice {
        case .function(let name): return name
        case .required:
            guard tools.count == 1, case .function(let function) = tools[0] else { return nil }
            return function.name
        default: return nil
        }
    }

    /// Whether the client forbids parallel calls and the model could make some: it cannot where it may call nothing, or has
    /// to call one function.
    package var forbidsParallelCalls: Bool {
        allowsParallelToolCalls == false && !tools.isEmpty && toolChoice != ToolChoice.none && forcedFunction == nil
    }
}
