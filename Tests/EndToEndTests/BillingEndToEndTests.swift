import Database
import EventLoop
import HTTP
import JSON
import MockKit
import TestKit
import Testing

@testable import Gateway

/// The gateway in front of the mock, both on real sockets.
private final class Installation {
    let directory = TemporaryDirectory()
    let mock: MockServer
    let gateway: GatewayServer
    private let database: SQLiteDatabase
    private let loops = EventLoopGroup(count: 2)
    private let log = Log(directory: nil, echoes: false)

    init(models: String) async throws {
        mock = try MockServer()
        let mockPort = try mock.start()
        loops.start()
        var configuration = Configuration()
        configuration.host = "127.0.0.1"
        configuration.port = 0
        configuration.databasePath = directory.path + "/one-api.db"
        configuration.initialRootToken = Secret("roottoken")
        configuration.initialRootAccessToken = Secret("rootaccess")
        configuration.ledgerJournalSize = 4 << 20
        configuration.apiRateLimit = 0
        database = try SQLiteDatabase(path: configuration.databasePath)
        gateway = try await GatewayServer(
            configuration: configuration, database: database, transport: CurlTransport(), log: log, loops: loops)
        let channel: JSON = [
            "type": 1, "name": "mock", "key": "sk-mock-end-to-end", "group": "default", "models": .string(models),
            "base_url": .string("http://127.0.0.1:\(mockPort)/openai"),
        ]
        let answer = try ask("POST", "/api/channel/", key: "rootaccess", channel)
        #expect(answer.body.contains("\"success\":true"))
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
        return (Int(whole.dropFirst(9).prefix(3)) ?? 0, String(whole[end.upperBound...]))
    }

    func chat(_ text: String, model: String = "gpt-4o", isStream: Bool = false) throws -> (status: Int, body: String) {
        try ask(
            "POST", "/v1/chat/completions", key: "Bearer sk-roottoken",
            [
                "model": .string(model), "stream": .bool(isStream),
                "messages": [["role": "user", "content": .string(text)]],
            ])
    }

    /// Sum of the log, tokens of its rows, and what root has left.
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

@Suite struct BillingEndToEndTests {
    @Test("charges whole and streamed answers by exactly what the mock's ledger says it served")
    func matchesLedger() async throws {
        let installation = try await Installation(models: "gpt-4o")
        for number in 0..<20 {
            let answer = try installation.chat("Question \(number): 你好, how are you? 😀", isStream: number % 2 == 0)
            #expect(answer.status == 200)
        }
        let books = try installation.books()
        let served = installation.mock.ledger.total
        #expect(served.answers == 20)
        #expect(books.prompt == Int64(served.promptTokens))
        #expect(books.completion == Int64(served.completionTokens))
        #expect(books.left == 500_000_000_000_000 - books.quota)
        await installation.close()
    }

    @Test("charges nothing for an upstream's errors, and passes their meaning on")
    func errorsAreFree() async throws {
        let installation = try await Installation(models: "mock-error-429,mock-html-502,gpt-4o")
        #expect(try installation.chat("x", model: "mock-error-429").status == 429)
        #expect(try installation.chat("x", model: "mock-html-502").status == 502)
        #expect(try installation.books().quota == 0)
        await installation.close()
    }

    @Test("charges what a cut stream had produced, and never ends it cleanly")
    func cutStreams() async throws {
        let installation = try await Installation(models: "mock-cut-3")
        let answer = try installation.chat("Tell me something long.", model: "mock-cut-3", isStream: true)
        #expect(!answer.body.contains("[DONE]"))
        #expect(answer.body.contains("\"error\""))
        let books = try installation.books()
        #expect(books.prompt > 0)
        #expect(books.quota > 0)
        #expect(books.left == 500_000_000_000_000 - books.quota)
        await installation.close()
    }
}
