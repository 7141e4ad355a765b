package import Database
import JSON

/// An upstream account as the relay sees it: a row of `channels`, decoded once (spec/database.md §3.1).
package final class Channel: Sendable {
    package let id: Int64
    /// Number of the provider (spec/channels.md §1).
    package let type: Int
    package let name: String
    package let key: Secret
    /// Without a trailing slash; empty means the type's default.
    package let baseURL: String
    package let models: [String]
    package let groups: [String]
    package let priority: Int64
    /// Share within a tier, at least 1.
    package let weight: Int
    /// Requested name to upstream name.
    package let modelMapping: [String: String]
    package let systemPrompt: String?
    package let isEnabled: Bool
    /// Errors seen of late.
    let health: ChannelHealth

    init(
        id: Int64, type: Int, name: String, key: Secret, baseURL: String, models: [String], groups: [String],
        priority: Int64 = 0, weight: Int = 0, modelMapping: [String: String] = [:], systemPrompt: String? = nil,
        isEnabled: Bool = true, health: ChannelHealth = ChannelHealth()
    ) {
        self.id = id
        self.type = type
        self.name = name
        self.key = key
        var base = baseURL
        while base.hasSuffix("/") { base.removeLast() }
        self.baseURL = base
        self.models = models
        self.groups = groups
        self.priority = priority
        self.weight = max(1, weight)
        self.modelMapping = modelMapping
        self.systemPrompt = systemPrompt?.isEmpty == false ? systemPrompt : nil
        self.isEnabled = isEnabled
        self.health = health
    }

    /// The name that the upstream knows the model by: one step, exact match.
    package func upstreamModel(for requested: String) -> String {
        guard let mapped = modelMapping[requested], !mapped.isEmpty else { return requested }
        return mapped
    }
}

extension Channel {
    /// Decodes a row; a mapping that is not a JSON object of texts is none.
    package convenience init(_ record: ChannelRecord, keepingHealthOf old: Channel? = nil) {
        var mapping: [String: String] = [:]
        if let text = record.modelMapping, !text.isEmpty, let object = try? JSON.parse(Array(text.utf8)).object {
            for member in object.members { mapping[member.key] = member.value.string }
        }
        self.init(
            id: record.id, type: Int(record.type), name: record.name, key: Secret(record.key),
            baseURL: record.baseURL ?? "", models: record.modelList, groups: record.groupList,
            priority: record.priority ?? 0, weight: Int(clamping: record.weight ?? 0), modelMapping: mapping,
            systemPrompt: record.systemPrompt, isEnabled: record.status == 1, health: old?.health ?? ChannelHealth())
    }
}
