import Database
import EventLoop
import HTTP
import JSON
import MockKit
import TestKit
import Testing

@testable import Gateway

/// The gateway in front of the mock, both on real sockets.
final class Installation {
    let directory = TemporaryDirectory()
    let mock: MockServer
    let gateway: GatewayServer
    let mockPort: Int
    private let database: SQLiteDatabase
    private let loops = EventLoopGroup(count: 2)
    private let log = Log(directory: nil, echoes: false)

    /// - Parameter models: the models of a first channel, which leads to the mock's OpenAI; `nil` for no channel.
    init(models: String?, configure: (inout Configuration) -> Void = { _ in }) async throws {
        mock = try MockServer()
        mockPort = try mock.start()
        try loops.start()
        var configuration = Configuration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.databasePath = directory.path + "/one-api.db"
        configuration.initialRootToken = Secret("roottoken")
        configuration.initialRootAccessToken = Secret("rootaccess")
        configuration.ledgerJournalSize = 4 << 20
        configuration.apiRateLimit = 0
        configuration.allowsPrivateMedia = true
        configure(&configuration)
        database = try SQLiteDatabase(path: configuration.databasePath)
        gateway = try await GatewayServer(
            configuration: configuration, database: database, transport: CurlTransport(), log: log, loops: loops)
        if let models { try addChannel(1, "sk-mock-end-to-end", "/openai", models: models) }
    }

    /// Adds a channel to one of the mock's upstreams.
    func addChannel(_ type: Int, _ key: String, _ prefix: String, models: String, _ more: JSONObject = [:]) throws {
        var channel: JSONObject = [
            "type": .int(type), "name": "mock", "key": .string(key), "group": "default", "models": .string(models),
            "base_url": .string("http://127.0.0.1:\(mockPort)\(prefix)"),
        ]
        for member in more.members { channel[member.key] = member.value }
        let answer = try ask("POST", "/api/channel/", key: "rootaccess", .object(channel))
        #expect(answer.body.contains("\"success\":true"), "\(answer.body)")
    }

    func close() async {
        await gateway.shutDown()
        await mock.stop()
        loops.stop()
        log.close()
        database.close()
    }

    func ask(_ method: String, _ path: String, key: String, _ body: JSON? = nil) throws -> (status: Int, body: String) {
        let client = try RawClient(port: gateway.port)
        let bytes = body?.encoded() ?? []
        client.send(
            Array(
                ("\(method) \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: \(key)\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n").utf8) + bytes)
        let whole = client.receiveAll()
        guard let end = whole.firstRange(of: "\r\n\r\n") else { return (0, whole) }
        let status = Int(whole.dropFirst(9).prefix(3)) ?? 0
        let rest = String(whole[end.upperBound...])
        guard whole[..<end.lowerBound].lowercased().contains("transfer-encoding: chunked") else {
            return (status, rest)
        }
        var decoder = ChunkedDecoder()
        var decoded: [UInt8] = []
        _ = Array(rest.utf8).withUnsafeBytes { try? decoder.feed($0, into: &decoded) }
        return (status, String(decoding: decoded, as: UTF8.self))
    }

    func chat(_ text: String, model: String = "gpt-4o", isStream: Bool = false) throws -> (status: Int, body: String) {
        try ask(
            "POST", "/v1/chat/completions", key: "Bearer sk-roottoken",
            [
                "model": .string(model), "stream": .bool(isStream),
                "messages": [["role": "user", "content": .string(text)]],
            ])
    }

    /// The sums of the log's quota and tokens, and root's remaining quota.
    func books() throws -> (quota: Int64, prompt: Int64, completion: Int64, left: Int64) {
        var sums: (Int64, Int64, Int64) = (0, 0, 0)
        for page in 0..<10 {
            let rows = try JSON.parse(Array(ask("GET", "/api/log/?type=2&p=\(page)", key: "rootaccess").body.utf8))[
                "data"]
            for row in rows?.array ?? [] {
                sums.0 += row["quota"]?.int ?? 0
                sums.1 += row["prompt_tokens"]?.int ?? 0
                sums.2 += row["completion_tokens"]?.int ?? 0
            }
        }
        let user = try JSON.parse(Array(ask("GET", "/api/user/self", key: "rootaccess").body.utf8))["data"]
        return (sums.0, sums.1, sums.2, user?["quota"]?.int ?? 0)
    }
}
