import Arithmetic
import Chat
import JSON
import Providers

/// How the members that the operator sets (`param_override`) change the cost of a request: the meter must read the request
/// as the upstream gets it.
extension Channel {
    /// The operator sets members of the request.
    var overridesParameters: Bool { !upstream.rules.parameters.members.isEmpty }

    /// Bytes of these members; an upstream may count all of them as a part of the prompt.
    var overrideBytes: Int64 {
        overridesParameters ? Int64(clamping: JSON.object(upstream.rules.parameters).encoded().count) : 0
    }

    func metered(_ envelope: ChatEnvelope) -> ChatEnvelope {
        guard overridesParameters else { return envelope }
        var metered = envelope
        let rules = upstream.rules
        // A translated provider may read the client's limit or the operator's; the larger one is safe.
        if let limit = rules.maxTokens { metered.maxTokens = max(limit, envelope.maxTokens ?? 0) }
        if let count = rules.count { metered.count = count }
        if rules.speaks { metered.speaks = true }
        return metered
    }

    func metered(_ images: ImageRequest) -> ImageRequest {
        guard overridesParameters else { return images }
        var metered = images
        let rules = upstream.rules
        if let count = rules.count { metered.count = count }
        if let size = rules.text("size") { metered.size = size }
        if let quality = rules.text("quality") { metered.quality = quality }
        return metered
    }
}

extension UsageBound {
    /// The bound for a request with members that the operator sets: they may ask for tools, searches and hidden output.
    var widened: UsageBound {
        UsageBound(prompt: prompt.plus(Self.foreign), completion: completion.plus(Self.hiddenOutput))
    }
}
