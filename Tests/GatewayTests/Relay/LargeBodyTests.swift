import EventLoop
import Formats
import Glibc
import HTTP
import JSON
import Synchronization
import TestKit
import Testing

@testable import Gateway

/// What is large is worked on beside the loops, in turn and within bounds.
@Suite struct LargeBodyTests {
    private static func tokens(_ count: Int, model: String = "gpt-4o") -> [UInt8] {
        Array(#"{"model":"\#(model)","input":["#.utf8)
            + Array(repeatElement(Array("0,".utf8), count: count - 1).joined()) + Array("0]}".utf8)
    }

    private static func head(_ path: String, _ count: Int, _ header: String = "") -> [UInt8] {
        Array(
            ("POST \(path) HTTP/1.1\r\nHost: t\r\nConnection: close\r\nAuthorization: sk-roottoken\r\n"
                + "Content-Type: application/json\r\n\(header)Content-Length: \(count)\r\n\r\n").utf8)
    }

    /// Until something holds; for thirty seconds at most.
    private static func wait(until isSo: () -> Bool) async throws {
        for _ in 0..<3000 where !isSo() { try await Task.sleep(for: .milliseconds(10)) }
        #expect(isSo())
    }

    static let large: [(path: String, body: [UInt8])] = [
        ("/v1/embeddings", tokens(900_000)),
        ("/v1/moderations", tokens(900_000)),
        (
            "/v1/chat/completions",
            Array(#"{"model":"gpt-4o","messages":["#.utf8)
                + Array(repeatElement(Array(#"{"role":"user"},"#.utf8), count: 400_000).joined())
                + Array(#"{"role":"user"}]}"#.utf8)
        ),
    ]

    @Test(
        "while a large body is worked on, other clients of its loop are answered", .timeLimit(.minutes(2)),
        arguments: large, [true, false])
    func othersGoOn(large: (path: String, body: [UInt8]), isPacked: Bool) async throws {
        var configuration = Configuration()
        configuration.requestLimits.messages = 1_000_000
        let fixture = try await GatewayFixture(configuration, loops: 1)
        try fixture.addChannel()
        let body = isPacked ? try #require(Gzip.pack(large.body)) : large.body
        let client = try RawClient(port: fixture.port)
        client.send(Self.head(large.path, body.count, isPacked ? "Content-Encoding: gzip\r\n" : "") + body)
        try await Self.wait { fixture.services.bodies.running > 0 }
        #expect(try fixture.chat(chatBody()).status == 200)
        // The order, not the time: the large body was not done when the small one was answered.
        #expect(fixture.services.bodies.running > 0)
        #expect(client.receiveAnswer().status == 200)
    }

    @Test("one user's large bodies leave a worker to the others")
    func turns() async throws {
        var configuration = Configuration()
        configuration.bodyWork.threads = 2
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = (0..<4).map { _ in Task { await pool.runCertainly(of: 99) { gate.wait() } } }
        try await Self.wait { pool.running == 1 && pool.waiting == 3 }
        #expect(try fixture.post("/v1/embeddings", Self.tokens(40_000)).status == 200)
        #expect(pool.waiting == 3)
        gate.open()
        for task in blocked { await task.value }
    }

    @Test("where as much waits as may, a large body is refused with 503 and Retry-After, and a small one served")
    func fullQueue() async throws {
        var configuration = Configuration()
        (configuration.bodyWork.threads, configuration.bodyWork.waiting) = (1, 1)
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let gate = WorkerGate()
        let pool = fixture.services.bodies
        let blocked = (0..<2).map { _ in Task { await pool.runCertainly(of: 99) { gate.wait() } } }
        try await Self.wait { pool.running == 1 && pool.waiting == 1 }
        let answer = try fixture.post("/v1/embeddings", Self.tokens(40_000))
        #expect(answer.status == 503)
        #expect(answer.head.contains("Retry-After: 1") && answer.body.contains("\"code\":\"overloaded\""))
        #expect(try fixture.chat(chatBody()).status == 200)
        gate.open()
        for task in blocked { await task.value }
        #expect(try fixture.post("/v1/embeddings", Self.tokens(40_000)).status == 200)
    }

    @Test("a token or a user without quota is refused before a large or packed body is even unpacked")
    func withoutQuota() async throws {
        let fixture = try await GatewayFixture()
        try fixture.addChannel()
        let key = "sk-" + (try fixture.key(["unlimited_quota": false, "remain_quota": 5]))
        #expect(try fixture.chat(chatBody(), key: key).status == 403)
        // Something is left, so that the body is looked at, and found to be no gzip.
        let garbage = [UInt8](repeating: 7, count: 100)
        let packed = ["Content-Encoding: gzip"]
        #expect(try fixture.post("/v1/embeddings", garbage, key: key, headers: packed).status == 400)
        fixture.services.ledger.setBalance(ofUser: 1, to: 0)
        for path in ["chat/completions", "embeddings", "images/generations", "moderations"] {
            let small = try fixture.post("/v1/\(path)", garbage, headers: packed)
            #expect(small.status == 403 && small.body.contains("insufficient_user_quota"), "\(path)")
            let large = try fixture.post("/v1/\(path)", [UInt8](repeating: 7, count: 100_000))
            #expect(large.status == 403 && large.body.contains("insufficient_user_quota"), "\(path)")
        }
        #expect(fixture.services.bodies.running == 0)
    }

    @Test("more values than the limit are refused before they are read, in every endpoint")
    func values() async throws {
        var configuration = Configuration()
        configuration.requestLimits.values = 100_000
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        for path in ["chat/completions", "embeddings", "images/generations", "moderations"] {
            let answer = try fixture.post("/v1/\(path)", Self.tokens(150_000))
            #expect(answer.status == 400)
            #expect(answer.body.contains("100000 JSON values"))
        }
        #expect(try fixture.post("/v1/embeddings", Self.tokens(90_000)).status == 200)
    }

    @Test("limits of what a body may have are adjustable and named")
    func limits() async throws {
        let command = try Configuration.parse(
            arguments: [],
            environment: [
                "MAX_CHAT_MESSAGES": "1", "MAX_CHAT_PARTS": "2", "MAX_CHAT_TOOLS": "3", "MAX_EMBEDDING_INPUTS": "4",
                "MAX_EMBEDDING_TOKENS": "5", "MAX_JSON_VALUES": "6", "BODY_WORKERS": "7", "BODY_QUEUE": "8",
            ])
        guard case .run(let configuration) = command else { throw FixtureError.refused("no configuration") }
        let limits = configuration.requestLimits
        #expect([limits.messages, limits.parts, limits.tools] == [1, 2, 3])
        #expect([limits.embeddingInputs, limits.embeddingTokens, limits.values] == [4, 5, 6])
        #expect(configuration.bodyWork.threads == 7 && configuration.bodyWork.waiting == 8)
        let fixture = try await GatewayFixture(configuration)
        try fixture.addChannel()
        let two: JSON = [["role": "user", "content": "a"], ["role": "user", "content": "b"]]
        let answer = try fixture.chat(chatBody(["messages": two]))
        #expect(answer.status == 400)
        #expect(answer.body.contains("'messages'") && answer.body.contains("at most 1 messages"))
    }
}

/// Holds workers until a test opens it; for thirty seconds at most.
final class WorkerGate: Sendable {
    private let isOpen = Mutex(false)

    func wait() {
        for _ in 0..<3000 where !isOpen.withLock({ $0 }) { usleep(10_000) }
    }

    func open() { isOpen.withLock { $0 = true } }
}
