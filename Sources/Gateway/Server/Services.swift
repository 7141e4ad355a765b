package import Database
import EventLoop
package import HTTP
import Synchronization

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
    package let bodyBudget: BodyBudget
    let logInThrottle: LogInThrottle
    private let hasNoticedForwarding = Atomic(false)
    private let groupsWithoutRatio = Mutex<Set<String>>([])
    /// Workers for what grows with a body.
    let bodies: WorkPool
    /// What requests hold of media that they had fetched.
    let media: MediaBudget
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
        bodyBudget = BodyBudget(limits: configuration.bodyBudget.atLeast(body: configuration.bodyLimit))
        bodies = configuration.bodyWork.pool()
        media = MediaBudget(limit: configuration.mediaTotalBytes)
        routing = RoutingDirectory(database: database, defaults: configuration.providerDefaults, log: log)
        tokens = TokenDirectory(database: database, ledger: ledger)
        logInThrottle = LogInThrottle(isOff: configuration.isDebug)
        startTime = LocalTime.now().seconds
        try await routing.reload()
    }

    /// An answered change of options or channels is not in memory: no request may be served by what it replaced.
    var isBehind: Bool { options.isStale || routing.isStale }

    /// - Returns: `false` where the database cannot be read, and the request must be refused.
    func catchUp() async -> Bool {
        let areOptions = await options.catchUp()
        let areChannels = await routing.catchUpIfStale()
        return areOptions && areChannels
    }

    /// Tells the operator once that a group's users are charged at a ratio that nobody has set.
    func noteGroupWithoutRatio(_ group: String) {
        let isNew = groupsWithoutRatio.withLock { $0.count < 1000 && $0.insert(group).inserted }
        guard isNew else { return }
        log.write(
            .error, "a group has no ratio; its users are charged at 1",
            ["group": group, "option": "GroupRatio"])
    }

    /// Tells the operator once whose word is taken for a client's address, where he has not said it himself: behind a
    /// router that makes strangers look private, that is too much.
    func noteForwarding(by peer: String) {
        guard !configuration.choosesProxies, !hasNoticedForwarding.load(ordering: .relaxed),
            !hasNoticedForwarding.exchange(true, ordering: .relaxed)
        else { return }
        log.write(
            .warning, "X-Forwarded-For is believed from loopback and private addresses, since nobody says otherwise",
            ["peer": peer, "variable": "TRUSTED_PROXIES", "values": "networks, loopback, private, none"])
    }
}
