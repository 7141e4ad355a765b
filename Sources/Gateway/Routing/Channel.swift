package import Database
import HTTP
import JSON
package import Providers

/// An upstream account as the relay sees it: a row of `channels`, decoded once (spec/database.md §3.1).
package final class Channel: Sendable {
    package let id: Int64
    package let name: String
    package let models: [String]
    package let groups: [String]
    package let priority: Int64
    /// The channel's share of the requests within its tier, at least 1.
    package let weight: Int
    /// The weights that a row may hold. A number outside is replaced by the nearest one inside.
    static let weights: ClosedRange<Int64> = 0...1_000_000
    static let priorities: ClosedRange<Int64> = -1_000_000_000...1_000_000_000
    /// Maps the requested name to the upstream's name.
    package let modelMapping: [String: String]
    package let systemPrompt: String?
    package let isEnabled: Bool
    /// The channel as its provider sees it: type, address, key.
    package let upstream: ProviderChannel
    /// Where to send chats if the channel uses the clients' own format. It is made once, since every such request needs
    /// it.
    let passThrough: PassThroughTarget?
    /// The number of the provider (spec/channels.md §1).
    package var type: Int { upstream.type }
    /// Counts the recent failures.
    let health: ChannelHealth
    let memory: ChannelMemory
    /// Why every call would fail, as a sentence. Such a channel is not called.
    package let problem: String?

    init(
        id: Int64, type: Int, name: String, key: Secret, baseURL: String, models: [String], groups: [String],
        priority: Int64 = 0, weight: Int = 0, modelMapping: [String: String] = [:], systemPrompt: String? = nil,
        config: ChannelConfig = ChannelConfig(), isEnabled: Bool = true, health: ChannelHealth = ChannelHealth(),
        memory: ChannelMemory = ChannelMemory()
    ) {
        self.id = id
        self.name = name
        self.models = models
        self.groups = groups
        self.priority = min(max(priority, Self.priorities.lowerBound), Self.priorities.upperBound)
        self.weight = min(max(1, weight), Int(Self.weights.upperBound))
        self.modelMapping = modelMapping
        self.systemPrompt = systemPrompt?.isEmpty == false ? systemPrompt : nil
        self.isEnabled = isEnabled
        let upstream = ProviderChannel(
            type: type, key: key.exposed, settings: config.settings, rules: config.rules, writtenBase: baseURL)
        self.upstream = upstream
        problem = upstream.unsendableKey ?? ProviderRegistry.provider(of: type)?.unusable(upstream)
        passThrough = OpenAIVendor.all[type].flatMap { $0.dialect.isEmpty ? PassThroughTarget($0, upstream) : nil }
        self.health = health
        self.memory = memory
    }

    /// The upstream's name for the model. It must match exactly, and is mapped only once.
    package func upstreamModel(for requested: String) -> String {
        guard let mapped = modelMapping[requested], !mapped.isEmpty else { return requested }
        return mapped
    }
}

extension Channel {
    /// Decodes a row. A mapping that is not a JSON object of texts is ignored.
    package convenience init(
        _ record: ChannelRecord, defaults: [Int: [String: String]] = [:], keepingHealthOf old: Channel? = nil
    ) {
        var mapping: [String: String] = [:]
        if let text = record.modelMapping, !text.isEmpty, let object = try? JSON.parse(Array(text.utf8)).object {
            for member in object.members { mapping[member.key] = member.value.string }
        }
        self.init(
            id: record.id, type: Int(clamping: record.type), name: record.name, key: Secret(record.key),
            baseURL: record.baseURL ?? "", models: record.modelList, groups: record.groupList,
            priority: record.priority ?? 0, weight: Int(clamping: record.weight ?? 0), modelMapping: mapping,
            systemPrompt: record.systemPrompt,
            config: ChannelConfig(record, defaults: defaults[Int(clamping: record.type)] ?? [:]),
            isEnabled: ChannelStatus(rawValue: record.status) == .enabled, health: old?.health ?? ChannelHealth(),
            memory: old.flatMap { $0.isSameUpstream(as: record) ? $0.memory : nil } ?? ChannelMemory())
    }

    private func isSameUpstream(as record: ChannelRecord) -> Bool {
        let written = ProviderChannel(
            type: Int(clamping: record.type), key: "", settings: upstream.settings, rules: nil,
            writtenBase: record.baseURL ?? "")
        return written.type == upstream.type && written.baseURL == upstream.baseURL
    }
}

/// Where to send a chat that needs no translation.
struct PassThroughTarget: Sendable {
    let wholeHeaders: HTTPHeaders
    let streamHeaders: HTTPHeaders
    let takesStreamOptions: Bool
    private let vendor: OpenAIVendor
    /// The address; `nil` if it depends on the model.
    private let fixedURL: String?

    init(_ vendor: OpenAIVendor, _ channel: ProviderChannel) {
        self.vendor = vendor
        func headers(_ accept: String) -> HTTPHeaders {
            var headers = vendor.headers(key: channel.key, accept: accept)
            channel.rules.apply(to: &headers)
            return headers
        }
        wholeHeaders = headers("application/json")
        streamHeaders = headers("text/event-stream")
        takesStreamOptions = vendor.takesStreamOptions(channel)
        fixedURL = vendor.addressDependsOnModel ? nil : vendor.url(of: .chat, for: channel, model: "")
    }

    func url(_ channel: ProviderChannel, model: String) -> String? {
        fixedURL ?? vendor.url(of: .chat, for: channel, model: model)
    }
}
