package import Database
import EventLoop
package import HTTP

/// The parts that request handling is wired of; made once by `main` or a test. A class, since a request passes it on
/// from step to step and each copy of a struct would retain every part.
package final class Services: Sendable {
    package let configuration: Configuration
    package let database: any Database
    package let ledger: Ledger
    package let options: OptionStore
    package let routing: RoutingDirectory
    package let tokens: TokenDirectory
    package let transport: any Transport
    package let log: Log
    let accessTokens = AccessTokens()
    /// Workers for what grows with a body.
    let bodies: WorkPool
    /// Unix seconds.
    package let startTime: Int64

    package init(
        configuration: Configuration, database: any Database, ledger: Ledger, options: OptionStore,
        transport: any Transport, log: Log
    ) async throws {
        self.configuration = configuration
        self.database = database
        self.ledger = ledger
        self.options = options
        self.transport = transport
        self.log = log
        bodies = configuration.bodyWork.pool()
        routing = RoutingDirectory()
        tokens = TokenDirectory(database: database, ledger: ledger)
        startTime = LocalTime.now().seconds
        try await reloadChannels()
    }

    /// Makes the routing table anew from the database; to be called after every change of a channel.
    package func reloadChannels() async throws {
        let records = try await database.read { try $0.allChannels() }
        let old = routing.table
        routing.replace(
            with: RoutingTable(
                channels: records.map {
                    Channel($0, defaults: configuration.providerDefaults, keepingHealthOf: old.channel($0.id))
                }))
    }
}
