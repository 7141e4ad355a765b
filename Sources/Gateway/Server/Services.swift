package import Database
import EventLoop
package import HTTP
import Synchronization

/// The parts that handle requests together. `main` or a test creates them once. It is a class, since each step of a
/// request passes it on, and each copy of a struct would retain every part.
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
    package let bodyBudget: BodyBudget
    let logInThrottle: LogInThrottle
    private let hasNoticedForwarding = Atomic(false)
    private let groupsWithoutRatio = Mutex<Set<String>>([])
    /// Workers for tasks whose size depends on a body.
    let bodies: WorkPool
    /// The memory budget for the media that requests have downloaded.
    let media: MediaBudget
    /// In Unix seconds.
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
        bodyBudget = BodyBudget(limits: configuration.bodyBudget.atLeast(body: configuration.bodyLimit))
        bodies = configuration.bodyWork.pool()
        media = MediaBudget(limit: configuration.mediaTotalBytes)
        routing = RoutingDirectory(database: database, defaults: configuration.providerDefaults, log: log)
        tokens = TokenDirectory(database: database, ledger: ledger)
        logInThrottle = LogInThrottle(isOff: configuration.isDebug)
        startTime = LocalTime.now().seconds
        try await routing.reload()
    }

    /// Whether a confirmed change of options or channels is not in memory yet. No request may be served by the old
    /// values.
    var isBehind: Bool { options.isStale || routing.isStale }

    /// - Returns: `false` if the database cannot be read. The request must then be refused.
    func catchUp() async -> Bool {
        let areOptions = await options.catchUp()
        let areChannels = await routing.catchUpIfStale()
        return areOptions && areChannels
    }

    /// Tells the operator once that a group has no ratio, so that its users are charged at 1.
    func noteGroupWithoutRatio(_ group: String) {
        let isNew = groupsWithoutRatio.withLock { $0.count < 1000 && $0.insert(group).inserted }
        guard isNew else { return }
        log.write(
            .error, "a group has no ratio; its users are charged at 1",
            ["group": group, "option": "GroupRatio"])
    }

    /// Tells the operator once which peers may name a client's address, if the operator has not chosen them. Behind a
    /// router that gives strangers private addresses, the default trusts too many.
    func noteForwarding(by peer: String) {
        guard !configuration.choosesProxies, !hasNoticedForwarding.load(ordering: .relaxed),
            !hasNoticedForwarding.exchange(true, ordering: .relaxed)
        else { return }
        log.write(
            .warning, "X-Forwarded-For is believed from loopback and private addresses, since nobody says otherwise",
            ["peer": peer, "variable": "TRUSTED_PROXIES", "values": "networks, loopback, private, none"])
    }
}
