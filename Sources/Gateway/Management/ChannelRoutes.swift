import Database
import HTTP
import JSON

/// Channels (spec/management-api.md §5.6).
enum ChannelRoutes {
    static let routes: [ManagementAPI.Route] = [
        .init(.get, "channel/", .admin) { call in
            let page = call.query.page
            return await call.shown(try await read(call) { try $0.channels(page: page) }) { $0.json }
        },
        .init(.get, "channel/search", .admin) { call in
            let keyword = call.query.text("keyword")
            return await call.shown(try await read(call) { try $0.searchChannels(keyword) }) { $0.json }
        },
        .init(.get, "channel/models", .admin) { _ in
            ManagementAnswer(members: [
                ("object", "list"), ("data", .array(ModelCatalogue.models.map { ModelCatalogue.entry($0.name) })),
            ])
        },
        .init(.get, "channel/test/:id", .admin, changesState: true, test),
        .init(.get, "channel/test", .admin, changesState: true) { _ in throw ManagementError.notServedYet },
        .init(.get, "channel/update_balance", .admin, changesState: true) { _ in throw ManagementError.notServedYet },
        .init(.get, "channel/update_balance/:id", .admin, changesState: true) { _ in
            throw ManagementError.notServedYet
        },
        .init(.get, "channel/:id", .admin) { call in
            let id = try call.id()
            guard let channel = try await read(call, { try $0.channel(id: id) }) else {
                throw ManagementError.notFound
            }
            return .data(channel.json)
        },
        .init(.post, "channel/", .admin, create),
        .init(.put, "channel/", .admin, update),
        .init(.delete, "channel/disabled", .admin) { call in
            let count = try await call.services.routing.change {
                try await call.services.database.write { try $0.deleteDisabledChannels() }
            }
            return .data(.int(count))
        },
        .init(.delete, "channel/:id", .admin) { call in
            let id = try call.id()
            await call.services.ledger.flush()
            try await call.services.routing.change {
                try await call.services.database.write { try $0.deleteChannel(id) }
            }
            return .done
        },
    ]

    private static func create(_ call: Call) async throws -> ManagementAnswer {
        let time = call.context.time
        let (channel, keys, repeatedLines) = try await call.input { object in
            let input = try ChannelInput(object)
            let channel = input.channel(at: time)
            try ChannelInput.check(type: channel.type, baseURL: channel.baseURL, mapping: channel.modelMapping)
            try ChannelInput.check(config: channel.config, of: channel.type)
            let (keys, repeatedLines) = input.distinctKeys
            guard !keys.isEmpty else { throw ManagementError("请填写密钥 / at least one key is needed") }
            for key in keys { try ChannelInput.check(key: key, in: channel) }
            return (channel, keys, repeatedLines)
        }
        try await call.services.routing.change {
            try await call.services.database.write { connection in
                for key in keys {
                    var one = channel
                    one.key = key
                    try connection.insert(one)
                }
            }
        }
        return repeatedLines.isEmpty ? .done : told(repeatedLines)
    }

    /// - Parameter lines: the numbers of the lines with repeated keys, counted from 1.
    private static func told(_ lines: [Int]) -> ManagementAnswer {
        let numbers = BoundedList.text(lines.map(String.init))
        let text =
            "重复的密钥只添加一次：第 \(numbers) 行 / duplicate keys were added once; these lines repeat earlier ones: \(numbers)"
        return ManagementAnswer(members: [("message", .string(text))])
    }

    private static func update(_ call: Call) async throws -> ManagementAnswer {
        let id = try await call.input { object in
            guard let id = try object.int("id"), id != 0 else { throw ManagementError("WHERE conditions required") }
            return id
        }
        guard let stored = try await call.services.database.read({ try $0.channel(id: id) })?.json else {
            throw ManagementError.notFound
        }
        let input = try await call.input { try ChannelInput($0.changes(from: stored)) }
        let mayMoveKey = try call.caller().isRoot
        let channel = try await call.services.routing.change {
            try await call.services.database.write { connection in
                // The check runs inside the write, where nobody else can change the row.
                guard let old = try connection.channel(id: id) else { throw ManagementError.notFound }
                try input.check(edit: old, mayMoveKey: mayMoveKey)
                return try connection.updateChannel(id, input.changes)
            }
        }
        guard let channel else { throw ManagementError.notFound }
        return .data(channel.json)
    }

    /// Reads rows from the database. Requests that come afterwards are not routed by older rows.
    private static func read<Rows: Sendable>(
        _ call: Call, _ query: @escaping @Sendable (Connection) throws -> Rows
    ) async throws -> Rows {
        let rows = try await call.services.database.read(query)
        try await call.services.routing.catchUp()
        return rows
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
