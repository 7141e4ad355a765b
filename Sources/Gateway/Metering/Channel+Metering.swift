import Arithmetic
import Chat
import JSON
import Providers

/// How the members that the operator sets (`param_override`) change the cost of a request. The meter must use the
/// request that the upstream receives.
extension Channel {
    /// Whether the operator sets members of the request.
    var overridesParameters: Bool { !upstream.rules.parameters.members.isEmpty }

    /// The number of bytes of these members. An upstream may count all of them as a part of the prompt.
    var overrideBytes: Int64 {
        overridesParameters ? Int64(clamping: JSON.object(upstream.rules.parameters).encoded().count) : 0
    }

    func metered(_ envelope: ChatEnvelope) -> ChatEnvelope {
        guard overridesParameters else { return envelope }
        var metered = envelope
        let rules = upstream.rules
        // A provider with its own format may get the client's limit or the operator's. The larger one is safe.
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
    /// The bound for a request with members that the operator sets. They may request tools, searches and hidden output.
    var widened: UsageBound {
        UsageBound(prompt: prompt.plus(Self.foreign), completion: completion.plus(Self.hiddenOutput))
    }
}
