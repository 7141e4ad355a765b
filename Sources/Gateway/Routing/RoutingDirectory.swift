package import Database
import Providers
import Synchronization

/// Holds the current routing table, which is made from the table of channels.
package final class RoutingDirectory: Sendable {
    private let current = Snapshot(RoutingTable())
    private let database: any Database
    /// For each channel type, the settings for channels that do not have their own.
    private let defaults: [Int: [String: String]]
    private let log: Log?
    /// The last log text about channels of types that are not served.
    private let logged = Mutex("")

    /// - Parameter log: gets a line that names the enabled channels of types that are not served, and another whenever
    ///   these change.
    package init(database: any Database, defaults: [Int: [String: String]], log: Log? = nil) {
        self.database = database
        self.defaults = defaults
        self.log = log
    }

    package var table: RoutingTable { current.value }

    /// Rebuilds the table from the database.
    package func reload() async throws { try await current.reload(read) }

    /// Changes channels; when this returns, no request sees the old ones.
    package func change<Result>(_ write: () async throws -> Result) async throws -> Result {
        try await current.change(write, reload: read)
    }

    /// To be called after reading channels: from then on, requests see what was read or something newer.
    package func catchUp() async throws {
        if current.isChanging || current.isStale { try await reload() }
    }

    /// Whether a change that was reported as done is missing from `table`; see `catchUpIfStale`.
    package var isStale: Bool { current.isStale }

    /// - Returns: whether the table has every change that was reported as done.
    package func catchUpIfStale() async -> Bool { await current.catchUp(read) }

    /// Decodes on the database's reader thread, since there may be many channels.
    private func read() async throws -> RoutingTable {
        let table = try await database.read { [current, defaults] connection in
            let (records, old) = (try connection.allChannels(), current.value)
            return RoutingTable(
                channels: records.map { Channel($0, defaults: defaults, keepingHealthOf: old.channel($0.id)) })
        }
        report(table.unserved)
        return table
    }

    private func report(_ channels: [Channel]) {
        let text = BoundedList.text(
            channels.map { channel in
                let type = ProviderRegistry.name(of: channel.type) ?? "unknown"
                return "#\(channel.id) \(channel.name.prefix(60)) (type \(channel.type), \(type))"
            })
        let isNew = logged.withLock { logged in
            defer { logged = text }
            return logged != text
        }
        guard isNew, !channels.isEmpty else { return }
        log?.write(
            .error, "enabled channels have types that this version does not serve; nothing is routed to them",
            ["channels": text])
    }
}
