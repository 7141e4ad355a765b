import Database
import HTTP
import JSON
import Providers

/// Channels (spec/management-api.md §5.6).
enum ChannelRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "channel/", .admin) { call in
            let page = call.query.page
            return .data(.array(try await call.services.database.read { try $0.channels(page: page) }.map(\.json)))
        },
        .init(.get, "channel/search", .admin) { call in
            let keyword = call.query.text("keyword")
            return .data(.array(try await call.services.database.read { try $0.searchChannels(keyword) }.map(\.json)))
        },
        .init(.get, "channel/models", .admin) { _ in
            ManagementAnswer(members: [
                ("object", "list"), ("data", .array(ModelCatalogue.models.map { ModelCatalogue.entry($0.name) })),
            ])
        },
        .init(.get, "channel/test/:id", .admin, test),
        .init(.get, "channel/test", .admin) { _ in throw ManagementError.notServedYet },
        .init(.get, "channel/update_balance", .admin) { _ in throw ManagementError.notServedYet },
        .init(.get, "channel/update_balance/:id", .admin) { _ in throw ManagementError.notServedYet },
        .init(.get, "channel/:id", .admin) { call in
            let id = try call.id()
            guard let channel = try await call.services.database.read({ try $0.channel(id: id) }) else {
                throw ManagementError.notFound
            }
            return .data(channel.json)
        },
        .init(.post, "channel/", .admin, create),
        .init(.put, "channel/", .admin, update),
        .init(.delete, "channel/disabled", .admin) { call in
            let count = try await call.services.database.write { try $0.deleteDisabledChannels() }
            try await call.services.reloadChannels()
            return .data(.int(count))
        },
        .init(.delete, "channel/:id", .admin) { call in
            let id = try call.id()
            await call.services.ledger.flush()
            try await call.services.database.write { try $0.deleteChannel(id) }
            try await call.services.reloadChannels()
            return .done
        },
    ]

    private static func check(type: Int64, baseURL: String?, mapping: String?) throws {
        guard ProviderRegistry.provider(of: Int(clamping: type)) != nil else {
            let name = ProviderRegistry.name(of: Int(clamping: type)) ?? String(type)
            throw ManagementError(
                "该渠道类型（\(name)）尚未支持 / channel type \(type) (\(name)) is not served by this version")
        }
        let base = baseURL ?? ""
        if base.isEmpty, OpenAIVendor.all[Int(clamping: type)]?.needsBaseURL == true {
            throw ManagementError("请填写 Base URL / this channel type needs a base_url")
        }
        if !base.isEmpty, !base.hasPrefix("http://"), !base.hasPrefix("https://") {
            throw ManagementError("base_url must begin with http:// or https://")
        }
        if let mapping, !mapping.isEmpty {
            let object = (try? JSON.parse(Array(mapping.utf8)))?.object
            guard let object, object.members.allSatisfy({ $0.value.string != nil }) else {
                throw ManagementError("model_mapping must be a JSON object of model names")
            }
        }
    }

    private static func check(key: String, in channel: ChannelRecord) throws {
        var record = channel
        record.key = key
        let upstream = Channel(record).upstream
        guard let problem = ProviderRegistry.provider(of: upstream.type)?.problem(with: upstream) else { return }
        throw ManagementError("密钥或设置不正确 / " + problem)
    }

    private static func create(_ call: Call) async throws -> ManagementAnswer {
        let input = try call.input()
        var channel = ChannelRecord()
        channel.type = try input.int("type") ?? 0
        channel.name = try input.text("name") ?? ""
        channel.status = try input.int("status").flatMap { $0 == 0 ? nil : $0 } ?? 1
        channel.weight = try input.int("weight")
        channel.baseURL = try input.text("base_url") ?? ""
        channel.other = try input.text("other")
        channel.models = try input.text("models") ?? ""
        channel.group = try input.text("group").flatMap { $0.isEmpty ? nil : $0 } ?? "default"
        channel.modelMapping = try input.text("model_mapping") ?? ""
        channel.priority = try input.int("priority") ?? 0
        channel.config = try input.text("config") ?? ""
        channel.systemPrompt = try input.text("system_prompt")
        channel.createdTime = call.context.time
        try check(type: channel.type, baseURL: channel.baseURL, mapping: channel.modelMapping)
        let keys = (try input.text("key") ?? "").split(whereSeparator: \.isNewline).map(String.init)
            .filter { !$0.isEmpty }
        guard !keys.isEmpty else { throw ManagementError("请填写密钥 / at least one key is needed") }
        for key in keys { try check(key: key, in: channel) }
        let made = channel
        try await call.services.database.write { connection in
            for key in keys {
                var one = made
                one.key = key
                try connection.insert(one)
            }
        }
        try await call.services.reloadChannels()
        return .done
    }

    /// Absent members stay; those that may be empty are written when present.
    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let input = try call.input()
        guard let id = try input.int("id"), id != 0 else { throw ManagementError("WHERE conditions required") }
        guard let old = try await call.services.database.read({ try $0.channel(id: id) }) else {
            throw ManagementError.notFound
        }
        var changes = Changes()
        if let type = try input.int("type"), type != 0 { changes.set("type", .int(type)) }
        if let status = try input.int("status"), status != 0 { changes.set("status", .int(status)) }
        for (name, column): (String, StaticString) in [
            ("key", "key"), ("name", "name"), ("models", "models"), ("group", "group"), ("config", "config"),
        ] {
            if let text = try input.text(name), !text.isEmpty { changes.set(column, .text(text)) }
        }
        for (name, column): (String, StaticString) in [
            ("base_url", "base_url"), ("other", "other"), ("model_mapping", "model_mapping"),
            ("system_prompt", "system_prompt"),
        ] {
            if let text = try input.text(name) { changes.set(column, .text(text)) }
        }
        if let weight = try input.int("weight") { changes.set("weight", .int(weight)) }
        if let priority = try input.int("priority") { changes.set("priority", .int(priority)) }
        let type = try input.int("type").flatMap { $0 == 0 ? nil : $0 } ?? old.type
        let (key, config) = (try input.text("key") ?? "", try input.text("config") ?? "")
        let other = try input.text("other")
        if !key.isEmpty || !config.isEmpty || other != nil || type != old.type {
            var changed = old
            changed.type = type
            if !config.isEmpty { changed.config = config }
            changed.other = other ?? old.other
            try check(key: key.isEmpty ? old.key : key, in: changed)
        }
        try check(
            type: type, baseURL: try input.text("base_url") ?? old.baseURL,
            mapping: try input.text("model_mapping") ?? old.modelMapping)
        let update = changes
        guard let channel = try await call.services.database.write({ try $0.updateChannel(id, update) }) else {
            throw ManagementError.notFound
        }
        try await call.services.reloadChannels()
        return .data(channel.json)
    }

    private static func test(_ call: Call) async throws -> ManagementAnswer {
        let id = try call.id()
        guard let channel = call.services.routing.table.channel(id) else { throw ManagementError.notFound }
        let asked = call.query.text("model")
        let result = await ChannelTest(services: call.services).run(
            channel, model: asked.isEmpty ? nil : asked, call.context)
        return ManagementAnswer(members: [
            ("success", .bool(result.isSuccess)), ("message", .string(result.message)),
            ("time", .double(result.isSuccess ? Double(result.milliseconds) / 1000 : 0)),
            ("modelName", .string(asked)),
        ])
    }
}
