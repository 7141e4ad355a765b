import Arithmetic
import CLinux
package import Database
package import EventLoop
import Glibc
package import HTTP

/// The whole gateway: opens the ledger and the options, serves requests, and shuts down in order.
package final class GatewayServer: Sendable {
    package let services: Services
    package let port: Int
    /// The address that the gateway listens at.
    package var host: String { server.host }
    private let server: HTTPServer
    private let loops: EventLoopGroup

    /// Creates the user root in an empty database, opens the ledger, and listens.
    /// - Throws: `DatabaseError`, `JournalError`, `ListenError`, `OptionError`.
    package init(
        configuration: Configuration, database: any Database, transport: any Transport, log: Log, loops: EventLoopGroup
    ) async throws {
        self.loops = loops
        let isNew = try await Self.bootstrap(configuration, database)
        if isNew {
            log.write(.info, "created the user root with password 123456; change it before others can reach this port")
        }
        let ledger = try await Ledger(
            journalPath: JournalFile.path(besideDatabase: configuration.databasePath),
            journalSize: configuration.ledgerJournalSize, database: database,
            synchronizesEach: configuration.ledgerSyncInterval == 0
        ) { $0.write(to: log) }
        if ledger.closedReservations > 0 || ledger.replayedEntries > 0 {
            log.write(
                .warning, "the last run ended without goodbye", requestID: "-",
                [
                    "reservations_closed": String(ledger.closedReservations),
                    "charges_applied_from_journal": String(ledger.replayedEntries),
                ])
        }
        let options = try await OptionStore(database: database, log: log)
        services = try await Services(
            configuration: configuration, database: database, ledger: ledger, options: options, transport: transport,
            log: log)
        for (problem, channels) in services.routing.table.unusable {
            log.write(
                .error, "channels cannot be used and are not asked",
                ["channels": channels.map { String($0) }.joined(separator: ","), "reason": problem])
        }
        var serverConfiguration = ServerConfiguration(host: configuration.host, port: configuration.port)
        serverConfiguration.bodyBaseTime = configuration.bodyTime
        serverConfiguration.bodyLeastRate = configuration.bodyLeastRate
        serverConfiguration.unwantedBodyLimit = max(
            serverConfiguration.unwantedBodyLimit, configuration.bodyLimit.times(2))
        serverConfiguration.maxConnections = Self.connections(perLoopOf: loops)
        serverConfiguration.errorBody = { _, reason in GatewayError.protocolErrorBody(reason) }
        server = HTTPServer(
            configuration: serverConfiguration, loops: loops, handler: GatewayHandler(services: services))
        port = try server.start()
        if configuration.ledgerSyncInterval > 0 { synchronizeRegularly(configuration.ledgerSyncInterval) }
        trimRegularly()
    }

    private static func bootstrap(_ configuration: Configuration, _ database: any Database) async throws -> Bool {
        if try await database.read({ try $0.hasUsers() }) { return false }
        let hash = try await Password.hash("123456")
        let accessToken = configuration.initialRootAccessToken?.exposed ?? RandomText.hexadecimal(32)
        let initial = configuration.initialRootToken?.exposed
        let now = LocalTime.now().seconds
        return try await database.write {
            try $0.bootstrapRoot(passwordHash: hash, accessToken: accessToken, initialToken: initial, now: now)
        }
    }

    /// Forces the journal to the disk regularly, so that settled charges survive a power cut. They survive a killed
    /// process anyway.
    private func synchronizeRegularly(_ milliseconds: Int) {
        Task.detached(priority: .background) { [weak ledger = services.ledger] in
            while ledger != nil {
                try? await Task.sleep(for: .milliseconds(milliseconds))
                try? await Blocking.run { [weak ledger] in ledger?.synchronize() }
            }
        }
    }

    /// Returns the heap memory of large bodies to the system. Otherwise small blocks between them keep the process as
    /// large as it was. It takes a worker a few milliseconds, and nothing if there were no large bodies.
    private func trimRegularly() {
        Task.detached(priority: .background) { [weak budget = services.bodyBudget] in
            while budget != nil {
                try? await Task.sleep(for: .seconds(10))
                guard let released = budget?.takeReleased(), released > 16 << 20 else { continue }
                try? await Blocking.run { oneapi_trim_heap() }
            }
        }
    }

    /// How many connections the process's limit of descriptors allows. A request needs one descriptor for its client
    /// and one for its upstream.
    private static func connections(perLoopOf loops: EventLoopGroup) -> Int {
        var limit = rlimit()
        guard getrlimit(__rlimit_resource_t(RLIMIT_NOFILE.rawValue), &limit) == 0 else { return 1024 }
        let pairs = Int(clamping: limit.rlim_cur).minus(256) / 2
        return min(50_000, max(64, pairs / loops.loops.count))
    }

    /// Stops accepting connections, lets running answers end, cancels those that take too long, waits for the
    /// settlements, and brings the database up to date.
    package func shutDown() async {
        let unfinished = await server.drain(limit: services.configuration.drainTimeout)
        if unfinished > 0 {
            services.log.write(
                .error, "requests did not end in time; what they hold is given back and nothing of them is charged",
                ["requests": String(unfinished)])
        }
        await services.ledger.close()
    }
}
