import EventLoop
import Glibc
import TestKit
import TestTraits
import Testing

@testable import HTTP

/// Failures between the gateway and an upstream that is not a proper HTTP server.
@Suite(.inTurn) struct TransportFaultTests {
    private static let transport = CurlTransport()

    private func failure(
        _ url: String, _ limits: TransportLimits = TransportLimits()
    ) async throws -> TransportError? {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        do {
            try await Task(executorPreference: loops.loops[0]) {
                let response = try await Self.transport.send(UpstreamRequest(url: url, limits: limits))
                _ = try await response.collect(limit: 1 << 20)
            }.value
            return nil
        } catch { return error as? TransportError }
    }

    @Test("a connection that is not made in time is reported as a connect timeout")
    func connectTimeout() async throws {
        // The kernel drops new connections when nobody accepts them and the queue is full.
        let listener = try Listener(backlog: 0)
        let queued = try (0..<4).map { _ in try listener.connectWithoutWaiting() }
        defer { for socket in queued { close(socket) } }
        let limits = TransportLimits(connect: .milliseconds(200), firstByte: .seconds(20))
        #expect(try await failure("http://127.0.0.1:\(listener.port)/", limits) == .timedOut(.connect))
    }

    @Test("a TLS handshake that is not answered in time is reported as a connect timeout")
    func handshakeTimeout() async throws {
        let listener = try Listener(backlog: 8)
        let limits = TransportLimits(connect: .milliseconds(200), firstByte: .seconds(20))
        #expect(try await failure("https://127.0.0.1:\(listener.port)/", limits) == .timedOut(.connect))
    }

    @Test("a server without TLS, or with a self-signed certificate, is reported as a TLS failure")
    func tls() async throws {
        let plain = try ServerFixture(handler: EchoHandler())
        guard case .tls = try await failure("https://127.0.0.1:\(plain.port)/") else {
            Issue.record("a plain server was not seen as one")
            return
        }
        let secure = try SelfSignedServer()
        defer { secure.stop() }
        guard case .tls = try await failure("https://127.0.0.1:\(secure.port)/") else {
            Issue.record("a self-signed certificate was taken")
            return
        }
    }

    static let noAnswers: [(String, [UInt8])] = [
        ("HTTP/0.9", Array("hello, I speak no headers\n".utf8)),
        ("HTTP/2 unasked", [0, 0, 6, 4, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 100]),
        ("a version to come", Array("HTTP/4.2 200 OK\r\n\r\n".utf8)),
        ("a status that is no number", Array("HTTP/1.1 abc OK\r\n\r\n".utf8)),
        ("TLS", [0x15, 3, 1, 0, 2, 2, 70]),
    ]

    @Test("an answer that is not HTTP is reported as such, and not as a wrong address", arguments: noAnswers)
    func noHTTP(name: String, bytes: [UInt8]) async throws {
        let listener = try Listener(backlog: 8)
        let server = Task(executorPreference: TestThreads.shared) { listener.answerOnce(bytes) }
        let outcome = try await failure("http://127.0.0.1:\(listener.port)/")
        guard case .notHTTP(let text) = outcome else {
            Issue.record("\(name): \(String(describing: outcome))")
            return
        }
        #expect(!text.contains("127.0.0.1"))
        await server.value
    }

    @Test(
        "an address without the scheme http or https is invalid",
        arguments: [
            "ftp://127.0.0.1/", "file:///etc/passwd", "127.0.0.1", "", "httpx://127.0.0.1/", "https:/127.0.0.1/",
        ])
    func schemes(url: String) async throws {
        #expect(try await failure(url) == .badAddress)
    }

    @Test("accepts the scheme in upper and lower case")
    func schemeCase() async throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        #expect(try await failure("HTTP://127.0.0.1:\(fixture.port)/") == nil)
    }
}
