import Chat
import JSON

/// What Ali's models are, told by their names.
enum AliModel {
    /// Whether a request has to say that the model must not think: the model would think unasked, and the service refuses
    /// to give what was thought in one piece. The client's own word goes first.
    static func mustRest(_ model: String, for request: ChatRequest) -> Bool {
        !request.stream.isOn && request.reasoning == nil && request.extras?.members["enable_thinking"] == nil
            && thinksUnasked(model)
    }

    /// The open-weight models of the third generation, named by their size (`qwen3-32b`), but for those made for one mode.
    private static func thinksUnasked(_ model: String) -> Bool {
        guard model.hasPrefix("qwen3-"), let size = model.dropFirst(6).first, size.isNumber else { return false }
        return !model.contains("thinking") && !model.contains("instruct")
    }
}
