package import Database
import Providers
import Synchronization

/// The present routing table, made from the table of channels.
package final class RoutingDirectory: Sendable {
    private let current = Snapshot(RoutingTable())
    private let database: any Database
    /// Settings of channels that do not say, by channel type.
    private let defaults: [Int: [String: String]]
    private let log: Log?
    /// What the log has said last of channels that are not served.
    private let logged = Mutex("")

    /// - Parameter log: gets a line that names the enabled channels of types that are not served, and another only when
    ///   those are others.
    package init(database: any Database, defaults: [Int: [String: String]], log: Log? = nil) {
        self.database = database
        self.defaults = defaults
        self.log = log
    }

    package var table: RoutingTable { current.value }

    /// Makes the table anew from the database.
    package func reload() async throws { try await current.reload(read) }

    /// Changes channels; when this returns, no request sees the old ones.
    package func change<Result>(_ write: () async throws -> Result) async throws -> Result {
        try await current.change(write, reload: read)
    }

    /// For a reader of the rows: after it, requests see at least what the reader saw.
    package func catchUp() async throws {
        if current.isChanging || current.isStale { try await reload() }
    }

    /// An answered change is not in `table`; see `catchUpIfStale`.
    package var isStale: Bool { current.isStale }

    /// - Returns: whether the table has every change that was answered.
    package func catchUpIfStale() async -> Bool { await current.catchUp(read) }

    /// On the reader's thread, since the channels may be many.
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
