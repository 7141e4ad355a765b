import Database
import JSON
import Providers

/// A channel object that a client sent, with its values checked against their limits (spec/management-api.md §5.6).
/// Absent members are `nil`.
struct ChannelInput: Sendable {
    let type: Int64?
    let status: ChannelStatus?
    let name: String?
    let key: String?
    let weight: Int64?
    let priority: Int64?
    let baseURL: String?
    let other: String?
    let models: String?
    let group: String?
    let mapping: String?
    let config: String?
    let systemPrompt: String?

    /// The most Unicode scalars that a list, a setting or a key may have.
    private static let long = 65_536

    init(_ input: InputObject) throws {
        type = try input.int("type", 0...100_000).flatMap { $0 == 0 ? nil : $0 }
        status = try input.choice("status", ChannelStatus.self)
        name = try input.text("name", limit: 191)
        key = try input.text("key", limit: InputObject.bodyLimit)
        weight = try input.int("weight", Channel.weights)
        priority = try input.int("priority", Channel.priorities)
        baseURL = try input.text("base_url", limit: 2048)
        other = try input.text("other", limit: Self.long)
        models = try input.text("models", limit: Self.long).map(Self.trimmedList)
        group = try input.text("group", limit: 1024).map(Self.trimmedList)
        mapping = try Self.mapping(input)
        config = try input.text("config", limit: Self.long)
        systemPrompt = try input.text("system_prompt", limit: InputObject.bodyLimit)
        for name in (group ?? "").split(separator: ",") where name.unicodeScalars.count > 32 {
            throw ManagementError("invalid parameter: a group's name has at most 32 characters")
        }
        for line in keys where line.unicodeScalars.count > Self.long {
            throw ManagementError("invalid parameter: a key has at most \(Self.long) characters")
        }
    }

    /// `null`, the text "null" and an empty object all mean that there is no mapping.
    private static func mapping(_ input: InputObject) throws -> String? {
        if input.isNull("model_mapping") { return "" }
        guard let text = try input.text("model_mapping", limit: long) else { return nil }
        return ["", "null", "{}"].contains(text.filter { !$0.isWhitespace }) ? "" : text
    }

    /// The distinct keys. The field has one key in each line.
    var keys: [String] { distinctKeys.keys }

    /// The distinct keys, and the numbers of the lines that repeat the key of an earlier line.
    var distinctKeys: (keys: [String], repeatedLines: [Int]) {
        var seen: Set<String> = []
        var (keys, repeatedLines): ([String], [Int]) = ([], [])
        let lines = (key ?? "").split(omittingEmptySubsequences: false, whereSeparator: \.isNewline)
        for (number, line) in zip(1..., lines) {
            let key = String(line).trimmed
            if key.isEmpty { continue }
            if seen.insert(key).inserted { keys.append(key) } else { repeatedLines.append(number) }
        }
        return (keys, repeatedLines)
    }

    /// A new row, without its key.
    func channel(at time: Int64) -> ChannelRecord {
        var channel = ChannelRecord()
        channel.type = type ?? 0
        channel.name = name ?? ""
        channel.status = (status ?? .enabled).rawValue
        channel.weight = weight ?? 0
        channel.baseURL = baseURL ?? ""
        channel.other = other
        channel.models = models ?? ""
        channel.group = group.flatMap { $0.isEmpty ? nil : $0 } ?? "default"
        channel.modelMapping = mapping ?? ""
        channel.priority = priority ?? 0
        channel.config = config ?? ""
        channel.systemPrompt = systemPrompt
        channel.createdTime = time
        return channel
    }

    /// What an edit writes. Absent members stay as they are. Members that may be empty are written if they are present.
    var changes: Changes {
        var changes = Changes()
        if let type { changes.set("type", .int(type)) }
        if let status { changes.set("status", .int(status.rawValue)) }
        for (text, column): (String?, StaticString) in [
            (key, "key"), (name, "name"), (models, "models"), (group, "group"), (config, "config"),
        ] {
            if let text, !text.isEmpty { changes.set(column, .text(text)) }
        }
        for (text, column): (String?, StaticString) in [
            (baseURL, "base_url"), (other, "other"), (mapping, "model_mapping"), (systemPrompt, "system_prompt"),
        ] {
            if let text { changes.set(column, .text(text)) }
        }
        if let weight { changes.set("weight", .int(weight)) }
        if let priority { changes.set("priority", .int(priority)) }
        return changes
    }
}

/// Checks a channel's values before they are stored.
extension ChannelInput {
    /// Checks an edit against the row as it is now, but only what the edit changes. So a channel can always be
    /// disabled.
    /// - Parameter mayMoveKey: the caller is root, who may send the stored key to another host.
    func check(edit old: ChannelRecord, mayMoveKey: Bool) throws {
        let hasKey = key?.isEmpty == false
        if !mayMoveKey, !hasKey, isMove(from: old) {
            throw ManagementError(
                "修改渠道类型或 base_url 的主机时请重新填写密钥 / "
                    + "give the channel's key again: its type or the host of its base_url changes")
        }
        // With another type, every other field may mean something else.
        let isOtherType = type.map { $0 != old.type } ?? false
        let type = type ?? old.type
        if isOtherType { try Self.check(type: type) }
        // The pages send an empty text where the row may have none.
        let isOtherBase = baseURL.map { $0 != old.baseURL ?? "" } ?? false
        if isOtherType || isOtherBase { try Self.check(baseURL: baseURL ?? old.baseURL, of: type) }
        if let mapping { try Self.check(mapping: mapping) }
        if let config, config != old.config { try Self.check(config: config, of: type) }
        try checkKeyAndSettings(old, isOtherType: isOtherType)
    }

    private func checkKeyAndSettings(_ old: ChannelRecord, isOtherType: Bool) throws {
        let newKey = key.flatMap { $0.isEmpty ? nil : $0 }
        let newConfig = config.flatMap { $0.isEmpty ? nil : $0 }
        var new = old
        new.type = type ?? old.type
        new.key = newKey ?? old.key
        if !isOtherType {
            // Checks the key alone, since the stored settings may have been wrong before.
            var bare = new
            (bare.config, bare.other) = ("", nil)
            if newKey != nil { try Self.check(key: new.key, in: bare) }
            guard newConfig != nil || other.map({ $0 != old.other ?? "" }) == true else { return }
            // Checks the settings only if the stored key is right: it may have been wrong before.
            if Self.problem(with: bare) != nil { return }
        }
        new.config = newConfig ?? old.config
        new.other = other ?? old.other
        try Self.check(key: new.key, in: new)
    }

    /// Whether the stored key would be sent to another scheme, host or port than it was given for. Another type counts
    /// as a move, since its addresses differ.
    private func isMove(from old: ChannelRecord) -> Bool {
        if let type, type != old.type { return true }
        guard let baseURL, baseURL != old.baseURL ?? "" else { return false }
        guard let origin = WebOrigin(baseURL) else { return true }
        return origin != WebOrigin(old.baseURL ?? "")
    }

    /// Checks a new channel, except for its key and settings.
    static func check(type: Int64, baseURL: String?, mapping: String?) throws {
        try check(type: type)
        try check(baseURL: baseURL, of: type)
        try check(mapping: mapping ?? "")
    }

    static func check(type: Int64) throws {
        guard ProviderRegistry.provider(of: Int(clamping: type)) != nil else {
            let name = ProviderRegistry.name(of: Int(clamping: type)) ?? String(type)
            throw ManagementError(
                "该渠道类型（\(name)）尚未支持 / channel type \(type) (\(name)) is not served by this version")
        }
    }

    static func check(baseURL: String?, of type: Int64) throws {
        let base = baseURL ?? ""
        if base.isEmpty, OpenAIVendor.all[Int(clamping: type)]?.needsBaseURL == true {
            throw ManagementError("请填写 Base URL / this channel type needs a base_url")
        }
        try check(address: base, of: type)
    }

    /// - Parameter mapping: empty for none.
    static func check(mapping: String) throws {
        guard !mapping.isEmpty else { return }
        let object = (try? JSON.parse(Array(mapping.utf8)))?.object
        guard let object, object.members.allSatisfy({ $0.value.string != nil }) else {
            throw ManagementError("model_mapping must be a JSON object of model names")
        }
    }

    static func check(key: String, in channel: ChannelRecord) throws {
        var record = channel
        record.key = key
        guard let problem = problem(with: record) else { return }
        throw ManagementError("密钥或设置不正确 / " + problem)
    }

    /// What the provider finds wrong with the key and the settings; `nil` if nothing is, or if the type is not served.
    private static func problem(with record: ChannelRecord) -> String? {
        let upstream = Channel(record).upstream
        return ProviderRegistry.provider(of: upstream.type)?.problem(with: upstream)
    }
}
