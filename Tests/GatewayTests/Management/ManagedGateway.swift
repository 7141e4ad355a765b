import Database
import EventLoop
import HTTP
import JSON
import TestKit

@testable import Gateway

/// A gateway on a real socket with a temporary SQLite database and an upstream in memory, for tests of management.
final class ManagedGateway {
    static let rootToken = "rootaccess"

    let directory: TemporaryDirectory
    let gateway: GatewayServer
    let database: SQLiteDatabase
    private let loops = EventLoopGroup(count: 1)
    private let log: Log
    private var isShutDown = false

    /// - Parameters:
    ///   - directory: that of an earlier gateway, to start again on its data.
    ///   - seed: fills the database before the gateway opens it.
    ///   - wrap: wraps the database that the gateway gets.
    ///   - keepsLog: writes `oneapi.log` into the directory; it is complete after `shutDown`.
    init(
        _ base: Configuration = .quiet, in directory: TemporaryDirectory = TemporaryDirectory(),
        seed: (@Sendable (Connection) throws -> Void)? = nil,
        wrapping wrap: (SQLiteDatabase) -> any Database = { $0 }, keepsLog: Bool = false,
        upstream: @escaping @Sendable (UpstreamRequest) throws(TransportError) -> InMemoryTransport.Answer = { _ in
            .json(200, ["choices": [["message": ["role": "assistant", "content": "gpt-4o"]]]])
        }
    ) async throws {
        self.directory = directory
        log = Log(directory: keepsLog ? directory.path : nil, isOneFile: true, echoes: false)
        try loops.start()
        var configuration = base
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.databasePath = directory.path + "/one-api.db"
        configuration.initialRootAccessToken = Secret(Self.rootToken)
        configuration.ledgerJournalSize = 1 << 20
        // Such a task could outlive the gateway and keep its journal locked.
        configuration.ledgerSyncInterval = 0
        database = try SQLiteDatabase(path: configuration.databasePath)
        if let seed { try await database.write(seed) }
        gateway = try await GatewayServer(
            configuration: configuration, database: wrap(database), transport: InMemoryTransport(upstream),
            log: log, loops: loops)
    }

    deinit {
        guard !isShutDown else { return }
        loops.stop()
        log.close()
        database.close()
    }

    /// Ends as the program does on SIGTERM.
    func shutDown() async {
        isShutDown = true
        await gateway.shutDown()
        loops.stop()
        log.close()
        database.close()
    }

    // MARK: Calls

    /// Sends any request, as root unless `headers` authenticate another caller.
    func send(
        _ method: String, _ path: String, _ body: JSON? = nil, headers: [String]? = nil
    ) throws -> ManagedAnswer {
        try send(method, path, bytes: body?.encoded(), headers: headers)
    }

    func send(_ method: String, _ path: String, bytes: [UInt8]?, headers: [String]? = nil) throws -> ManagedAnswer {
        try Self.send(gateway.port, method, path, bytes, headers)
    }

    /// Sends a call from any thread. The body's type is JSON unless `headers` name another.
    static func send(
        _ port: Int, _ method: String, _ path: String, _ bytes: [UInt8]?, _ headers: [String]?
    ) throws -> ManagedAnswer {
        let client = try RawClient(port: port)
        var head = "\(method) \(path) HTTP/1.1\r\nHost: gateway.test\r\nConnection: close\r\n"
        let headers = headers ?? ["Authorization: \(rootToken)"]
        for header in headers { head += header + "\r\n" }
        if let bytes {
            if !headers.contains(where: { $0.hasPrefix("Content-Type:") }) {
                head += "Content-Type: application/json\r\n"
            }
            head += "Content-Length: \(bytes.count)\r\n"
        }
        client.send(Array((head + "\r\n").utf8) + (bytes ?? []))
        var whole: [UInt8] = []
        // The client's time limit and the most that an answer may have bound the loop.
        while whole.count < 64 << 20, case let piece = client.receive(), !piece.isEmpty { whole += piece }
        return ManagedAnswer(whole)
    }

    /// The `data` of a call that must succeed.
    @discardableResult
    func data(_ method: String, _ path: String, _ body: JSON? = nil, headers: [String]? = nil) throws -> JSON {
        let answer = try send(method, path, body, headers: headers)
        guard answer.status == 200, answer.json["success"]?.bool == true else {
            throw UnexpectedAnswer(text: "\(method) \(path): \(answer.status) \(answer.text)")
        }
        return answer.json["data"] ?? .null
    }

    /// The message of a call that must be refused in the envelope.
    func refusal(
        _ method: String, _ path: String, _ body: JSON? = nil, headers: [String]? = nil
    ) throws -> String {
        let answer = try send(method, path, body, headers: headers)
        guard answer.json["success"]?.bool == false, let message = answer.json["message"]?.string else {
            throw UnexpectedAnswer(text: "\(method) \(path): \(answer.status) \(answer.text)")
        }
        return message
    }

    // MARK: Accounts

    /// Creates an account and logs it in.
    /// - Returns: its id and the header that authenticates it.
    func addUser(_ name: String, isAdmin: Bool = false) throws -> (id: Int64, headers: [String]) {
        try data("POST", "/api/user/", ["username": .string(name), "password": "password1"])
        if isAdmin { try data("POST", "/api/user/manage", ["username": .string(name), "action": "promote"]) }
        let login = try logIn(name, "password1")
        guard let cookie = login.cookie, let id = login.json["data"]?["id"]?.int else {
            throw UnexpectedAnswer(text: login.text)
        }
        return (id, ["Cookie: \(cookie)"])
    }

    func logIn(_ name: String, _ password: String) throws -> ManagedAnswer {
        try send(
            "POST", "/api/user/login", ["username": .string(name), "password": .string(password)], headers: [])
    }

    /// A user as root reads it.
    func user(_ id: Int64) throws -> JSON { try data("GET", "/api/user/\(id)") }

    /// The id of the newest row of a list.
    func newestID(_ list: String, headers: [String]? = nil) throws -> Int64 {
        try data("GET", list, headers: headers)[0]?["id"]?.int ?? -1
    }
}

/// An answer in its parts.
struct ManagedAnswer {
    let status: Int
    let headers: HTTPHeaders
    let body: [UInt8]

    init(_ bytes: [UInt8]) {
        let end = bytes.indices.first { bytes[$0...].starts(with: Array("\r\n\r\n".utf8)) } ?? bytes.count
        let lines = String(decoding: bytes[..<end], as: UTF8.self).split(separator: "\r\n")
        status = Int(lines.first?.dropFirst(9).prefix(3) ?? "") ?? 0
        var headers = HTTPHeaders()
        for line in lines.dropFirst() {
            let parts = line.split(separator: ":", maxSplits: 1)
            if parts.count == 2 { headers.add(String(parts[0]), String(parts[1].drop { $0 == " " })) }
        }
        self.headers = headers
        body = Array(bytes.dropFirst(end + 4))
    }

    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON { (try? JSON.parse(body)) ?? .null }
    var message: String { json["message"]?.string ?? "" }
    /// `session=…` without its attributes.
    var cookie: String? { headers["Set-Cookie"].flatMap { $0.split(separator: ";").first.map(String.init) } }
}

struct UnexpectedAnswer: Error { let text: String }

extension Configuration {
    /// Without rate limits, so that the test's own requests are not refused.
    static var quiet: Configuration {
        var configuration = Configuration()
        configuration.isDebug = true
        configuration.apiRateLimit = 0
        configuration.webRateLimit = 0
        return configuration
    }
}

extension InMemoryTransport.Answer {
    static func json(_ status: Int, _ body: JSON) -> InMemoryTransport.Answer {
        InMemoryTransport.Answer(
            status: status, headers: ["Content-Type": "application/json"], pieces: [body.encoded()])
    }
}

extension JSON {
    var keys: [String] { object?.members.map(\.key) ?? [] }
    /// One member of every item of a list.
    func column(_ key: String) -> [JSON] { array?.compactMap { $0[key] } ?? [] }
}
