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
    /// For chats of a channel that speaks the clients' own format. It is made once, since every such request needs it.
    let passThrough: PassThroughTarget?
    /// Number of the provider (spec/channels.md §1).
    package var type: Int { upstream.type }
    /// Counts the recent failures.
    let health: ChannelHealth

    init(
        id: Int64, type: Int, name: String, key: Secret, baseURL: String, models: [String], groups: [String],
        priority: Int64 = 0, weight: Int = 0, modelMapping: [String: String] = [:], systemPrompt: String? = nil,
        settings: [String: String] = [:], isEnabled: Bool = true, health: ChannelHealth = ChannelHealth()
    ) {
        self.id = id
        self.name = name
        var base = baseURL
        while base.hasSuffix("/") { base.removeLast() }
        self.models = models
        self.groups = groups
        self.priority = min(max(priority, Self.priorities.lowerBound), Self.priorities.upperBound)
        self.weight = min(max(1, weight), Int(Self.weights.upperBound))
        self.modelMapping = modelMapping
        self.systemPrompt = systemPrompt?.isEmpty == false ? systemPrompt : nil
        self.isEnabled = isEnabled
        let upstream = ProviderChannel(type: type, baseURL: base, key: key.exposed, settings: settings)
        self.upstream = upstream
        passThrough = OpenAIVendor.all[type].flatMap { $0.dialect.isEmpty ? PassThroughTarget($0, upstream) : nil }
        self.health = health
    }

    /// The upstream's name for the model. It must match exactly, and is mapped only once.
    package func upstreamModel(for requested: String) -> String {
        guard let mapped = modelMapping[requested], !mapped.isEmpty else { return requested }
        return mapped
    }
}

extension Channel {
    /// The setting that older rows keep in `other`, by channel type (spec/channels.md §1, "Config loading").
    private static let legacySetting: [Int64: String] = [
        3: "api_version", 17: "plugin", 18: "api_version", 21: "library_id", 24: "api_version",
    ]

    /// - Parameter defaults: the process's settings, for those that the channel does not have.
    private static func settings(_ record: ChannelRecord, _ defaults: [String: String]) -> [String: String] {
        var settings: [String: String] = [:]
        for member in (try? JSON.parse(Array(record.config.utf8)))?.object?.members ?? [] {
            settings[member.key] = member.value.string
        }
        if let name = legacySetting[record.type], settings[name, default: ""].isEmpty { settings[name] = record.other }
        for (name, value) in defaults where settings[name, default: ""].isEmpty { settings[name] = value }
        return settings
    }

    /// Decodes a row. A mapping that is not a JSON object is ignored, as are its members that are not texts.
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
            settings: Self.settings(record, defaults[Int(clamping: record.type)] ?? [:]),
            isEnabled: ChannelStatus(rawValue: record.status) == .enabled, health: old?.health ?? ChannelHealth())
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
        wholeHeaders = vendor.headers(key: channel.key, accept: "application/json")
        streamHeaders = vendor.headers(key: channel.key, accept: "text/event-stream")
        takesStreamOptions = vendor.takesStreamOptions(channel)
        fixedURL = vendor.addressDependsOnModel ? nil : vendor.url(of: .chat, for: channel, model: "")
    }

    func url(_ channel: ProviderChannel, model: String) -> String? {
        fixedURL ?? vendor.url(of: .chat, for: channel, model: model)
    }
}
