import Database
import JSON
import Providers

/// A channel's decoded `config` (README, "Settings of a channel").
struct ChannelConfig: Sendable {
    /// The settings as texts. Numbers, true and false are kept as they are written.
    private(set) var settings: [String: String] = [:]
    /// `nil` uses the rules of the channel's type.
    private(set) var rules: RequestRules?
    /// The parts of `config` that cannot be used, with one sentence for each.
    private(set) var problems: [String] = []

    init() {}

    /// - Parameters:
    ///   - text: the text of the column. Empty text gives no settings; unreadable text is a problem.
    ///   - key: the channel's key, for headers that contain it.
    init(_ text: String, type: Int, key: String = "") {
        guard !text.isEmpty else { return }
        guard let object = (try? JSON.parse(Array(text.utf8)))?.object else {
            problems.append(#"config must be a JSON object, such as {"api_version":"2024-10-21"}"#)
            return
        }
        for member in object.members where !RequestRules.members.contains(member.key) {
            switch member.value {
            case .null: break
            case .string(let text): settings[member.key] = text
            case .bool(let flag): settings[member.key] = String(flag)
            case .number(let number): settings[member.key] = number.text
            case .array, .object:
                problems.append("config.\(member.key) must be a text, a number, true or false")
            }
        }
        if let value = settings["stream_options"], !["", "true", "false"].contains(value) {
            problems.append("config.stream_options must be true or false")
        }
        if object.members.contains(where: { RequestRules.members.contains($0.key) }) {
            rules = RequestRules(object, type: type, key: key, problems: &problems)
        }
    }

    /// - Parameter defaults: the process's values for settings that the channel does not have.
    init(_ record: ChannelRecord, defaults: [String: String]) {
        self.init(record.config, type: Int(clamping: record.type), key: record.key)
        if let name = Self.legacySetting[record.type], settings[name, default: ""].isEmpty {
            settings[name] = record.other
        }
        for (name, value) in defaults where settings[name, default: ""].isEmpty { settings[name] = value }
    }

    /// For each type, the setting that older rows keep in `other` (spec/channels.md §1, "Config loading").
    private static let legacySetting: [Int64: String] = [
        3: "api_version", 17: "plugin", 18: "api_version", 21: "library_id", 24: "api_version",
    ]
}

extension ProviderChannel {
    /// - Parameter writtenBase: the base address as the operator wrote it. Blanks around it, slashes at its end, and a
    ///   repetition of the provider's own path are removed.
    init(type: Int, key: String, settings: [String: String], rules: RequestRules?, writtenBase: String) {
        var base = writtenBase.trimmed
        while base.hasSuffix("/") { base.removeLast() }
        self.init(type: type, baseURL: base, key: key, settings: settings, rules: rules)
        if !base.isEmpty, let shorter = withoutRepetition { baseURL = shorter }
    }

    /// The base address without the part of the path that the provider adds anyway; `nil` if it repeats nothing.
    var withoutRepetition: String? {
        guard let provider = ProviderRegistry.provider(of: type) else { return nil }
        return BaseAddress.withoutRepetition(baseURL, of: provider.path(behind: baseURL, of: self))
    }
}

extension String {
    /// The text without white space at both ends.
    var trimmed: String {
        var rest = drop(while: \.isWhitespace)
        while rest.last?.isWhitespace == true { rest.removeLast() }
        return String(rest)
    }
}
