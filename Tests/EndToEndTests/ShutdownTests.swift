import Database
import Glibc
import JSON
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

/// What a shutdown does to requests that run longer than DRAIN_TIMEOUT.
@Suite(.inTurn) struct ShutdownTests {
    private func begin(
        _ installation: Installation, _ path: String, _ body: JSONObject
    ) throws -> RawClient {
        let client = try RawClient(port: installation.gateway.port)
        let bytes = JSON.object(body).encoded()
        client.send(
            Array(
                ("POST \(path) HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(bytes.count)\r\n\r\n").utf8) + bytes)
        return client
    }

    private func chat(_ model: String, isStream: Bool) -> JSONObject {
        [
            "model": .string(model), "stream": .bool(isStream),
            "messages": [["role": "user", "content": "Tell me something long."]],
        ]
    }

    /// The number and sum of the consume rows and root's remaining quota, as the next start finds them.
    private func reopened(_ installation: Installation) async throws -> (rows: Int, quota: Int64, left: Int64) {
        let database = try SQLiteDatabase(path: installation.directory.path + "/one-api.db")
        defer { database.close() }
        let (logs, user) = try await database.read { connection in
            var filter = LogFilter()
            filter.type = 2
            let pages = try (0..<4).map { try connection.logs(filter, page: Int64($0)) }
            return (pages.flatMap { $0 }, try connection.user(id: 1))
        }
        return (logs.count, logs.reduce(0) { $0 + $1.quota }, user?.quota ?? 0)
    }

    @Test("streams end with an error event, whole answers with 503, and the database has every charge")
    func tellsAndSettles() async throws {
        let installation = try await Installation(
            models: "mock-stall-3,mock-stall,text-embedding-3-small",
            configure: { $0.drainTimeout = .milliseconds(300) })
        var streams: [RawClient] = []
        for _ in 0..<8 {
            let client = try begin(installation, "/v1/chat/completions", chat("mock-stall-3", isStream: true))
            #expect(client.receive(until: "data: {").contains("200 OK"))
            streams.append(client)
        }
        let whole = try begin(installation, "/v1/chat/completions", chat("mock-stall", isStream: false))
        installation.mock.add(try #require(Fault(name: "mock-stall")), match: Match(path: "/embeddings"), count: 1)
        let embedding = try begin(
            installation, "/v1/embeddings", ["model": "text-embedding-3-small", "input": "one two three"])
        #expect(await eventually { installation.mock.journal.entries.count == 10 })
        // Half a request's head, which reaches no handler.
        let half = try RawClient(port: installation.gateway.port)
        half.send("POST /v1/chat/completions HTTP/1.1\r\nHost: t\r\n")
        await installation.close()
        for stream in streams {
            let rest = stream.receiveAll()
            #expect(rest.contains(#""code":"shutting_down""#) && rest.hasSuffix("0\r\n\r\n"), "\(rest)")
            #expect(!rest.contains("[DONE]") && !stream.wasReset)
        }
        for client in [whole, embedding] {
            let answer = client.receiveAnswer()
            #expect(answer.status == 503 && answer.body.contains("shutting_down"), "\(answer)")
            #expect(answer.head.contains("Retry-After") && answer.head.contains("Connection: close"))
        }
        let books = try await reopened(installation)
        #expect(books.rows == 10 && books.quota > 0)
        #expect(books.left == 500_000_000_000_000 - books.quota)
    }
}
