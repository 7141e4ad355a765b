import Database
import Dispatch
import EventLoop
import Gateway
import HTTP
import Synchronization
import TestKit

/// Runs an asynchronous body on this thread until it ends.
func waiting<T: Sendable>(_ body: @escaping @Sendable () async throws -> T) throws -> T {
    let result = Mutex<Result<T, any Error>?>(nil)
    let done = DispatchSemaphore(value: 0)
    Task {
        do {
            let value = try await body()
            result.withLock { $0 = .success(value) }
        } catch {
            result.withLock { $0 = .failure(error) }
        }
        done.signal()
    }
    done.wait()
    guard let result = result.withLock({ $0 }) else { throw FuzzError.noAnswer }
    return try result.get()
}

enum FuzzError: Error { case noAnswer }

/// A whole gateway in this process with sockets, a temporary database with root and a channel, and an upstream in
/// memory, so that nothing leaves the machine.
final class FuzzGateway {
    let database: SQLiteDatabase
    let gateway: GatewayServer
    let upstream = Upstream()
    private let directory = TemporaryDirectory()
    private let loops = EventLoopGroup(count: 1)
    private let log = Log(directory: nil, echoes: false)
    private lazy var client = FuzzClient(port: gateway.port)

    var databasePath: String { directory.path + "/one-api.db" }
    var journalPath: String { databasePath + "-oneapi-journal" }

    /// The answer to every upstream call.
    final class Upstream: Sendable {
        private let answer = Mutex<(status: Int, body: [UInt8])>((200, []))
        func answers(_ status: Int, _ body: [UInt8]) { answer.withLock { $0 = (status, body) } }
        var transport: InMemoryTransport {
            InMemoryTransport { [self] _ in
                let (status, body) = answer.withLock { $0 }
                return InMemoryTransport.Answer(
                    status: status, headers: ["Content-Type": "application/json"], pieces: [body])
            }
        }
    }

    init() throws {
        try loops.start()
        var configuration = Configuration()
        (configuration.host, configuration.port) = ("127.0.0.1", 0)
        configuration.databasePath = directory.path + "/one-api.db"
        configuration.initialRootToken = Secret("roottoken")
        configuration.initialRootAccessToken = Secret("rootaccess")
        configuration.ledgerJournalSize = 1 << 20
        (configuration.apiRateLimit, configuration.webRateLimit, configuration.isDebug) = (0, 0, true)
        let opened = try SQLiteDatabase(path: configuration.databasePath)
        let (transport, log, loops, ready) = (upstream.transport, log, loops, configuration)
        (database, gateway) = (
            opened,
            try waiting {
                try await GatewayServer(
                    configuration: ready, database: opened, transport: transport, log: log, loops: loops)
            }
        )
        // More than any run spends, and small enough for sums.
        try change("UPDATE users SET quota = \(1 << 50)", "UPDATE tokens SET remain_quota = \(1 << 50)")
        let channel =
            #"{"type":1,"name":"c","key":"sk-up","base_url":"http://a","models":"gpt-4o,text-embedding-3-small,dall-e-3","group":"default"}"#
        _ = ask("POST", "/api/channel/", Array(channel.utf8), key: "rootaccess")
    }

    deinit {
        loops.stop()
        log.close()
        database.close()
    }

    /// Runs our own statements and ignores those that a constraint refuses.
    func change(_ statements: String...) throws {
        let database = database
        try waiting {
            try await database.write { connection in for one in statements { try? connection.execute(one) } }
        }
    }

    /// Makes the gateway read the database again.
    func refresh() throws {
        let (services, database) = (gateway.services, database)
        try waiting {
            let users = try await database.read { try $0.rows("SELECT id FROM users") { $0.int(0) } }
            for user in users { await services.tokens.changing(user: user) {} }
            try await services.routing.reload()
        }
    }

    /// Sends one request with the key of a token or a user.
    func ask(_ method: String, _ path: String, _ body: [UInt8]?, key: String) -> (status: Int, body: [UInt8]) {
        client.ask(method, path, body, headers: ["Authorization: Bearer \(key)"])
    }
}
