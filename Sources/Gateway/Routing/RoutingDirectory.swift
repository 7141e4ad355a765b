package import Database
import Providers

/// The present routing table, made from the table of channels.
package final class RoutingDirectory: Sendable {
    private let current = Snapshot(RoutingTable())
    private let database: any Database
    /// Settings of channels that do not say, by channel type.
    private let defaults: [Int: [String: String]]

    package init(database: any Database, defaults: [Int: [String: String]]) {
        self.database = database
        self.defaults = defaults
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
        try await database.read { [current, defaults] connection in
            let (records, old) = (try connection.allChannels(), current.value)
            return RoutingTable(
                channels: records.map { Channel($0, defaults: defaults, keepingHealthOf: old.channel($0.id)) })
        }
    }
}
