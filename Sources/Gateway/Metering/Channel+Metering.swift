import Arithmetic
import Chat
import JSON
import Providers

/// What a channel's own members of a request change of its cost: the meter reads the request as the upstream gets it.
extension Channel {
    /// Members of the operator's own are sent.
    var overridesParameters: Bool { !upstream.rules.parameters.members.isEmpty }

    /// Bytes of these, which may all be read as a part of the prompt.
    var overrideBytes: Int64 {
        overridesParameters ? Int64(clamping: JSON.object(upstream.rules.parameters).encoded().count) : 0
    }

    func metered(_ envelope: ChatEnvelope) -> ChatEnvelope {
        guard overridesParameters else { return envelope }
        var metered = envelope
        let rules = upstream.rules
        // The upstream may read the one or the other.
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
    /// For a request that members of the operator's own have changed: whatever they ask for is allowed.
    var widened: UsageBound {
        UsageBound(prompt: prompt.plus(Self.foreign), completion: completion.plus(Self.hiddenOutput))
    }
}
