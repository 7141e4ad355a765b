import EventLoop
import Glibc
import TestKit
import TestTraits
import Testing

@testable import HTTP

/// Whether any part of a request was sent before its call ended, which decides who pays.
@Suite(.inTurn) struct TransportSentTests {
    private static let transport = CurlTransport()

    /// Makes calls one after another on one loop and cancels the last one when `isTime` says so.
    /// - Returns: whether the last request was sent.
    private func wasSent(
        _ requests: UpstreamRequest..., when isTime: @escaping @Sendable () -> Bool
    ) async throws -> Bool {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        return try await Task(executorPreference: loops.loops[0]) { () async throws -> Bool in
            var wasSent = false
            for (index, request) in requests.enumerated() {
                let call = UpstreamCall()
                if index == requests.count - 1 { Self.cancel(call, when: isTime) }
                do throws(TransportError) {
                    let response = try await Self.transport.send(request, call: call)
                    _ = try await response.collect(limit: 1 << 20)
                } catch {}
                wasSent = call.wasSent
            }
            return wasSent
        }.value
    }

    private static func cancel(_ call: UpstreamCall, when isTime: @escaping @Sendable () -> Bool) {
        EventLoop.current?.schedule(after: .milliseconds(20)) {
            if isTime() { call.cancel() } else { cancel(call, when: isTime) }
        }
    }

    private static let limits = TransportLimits(connect: .seconds(20), firstByte: .seconds(20))

    private func request(_ url: String, proxy: String? = nil) -> UpstreamRequest {
        UpstreamRequest(url: url, body: Array("hello".utf8), limits: Self.limits, proxy: proxy)
    }

    /// Holds once somebody has connected and had time to begin a handshake.
    private func isReached(_ listener: Listener) -> @Sendable () -> Bool {
        let end = ContinuousClock.now + .milliseconds(300)
        return { listener.hasCaller && ContinuousClock.now > end }
    }

    @Test("nothing is sent before the connection, its TLS and its proxy are ready")
    func connecting() async throws {
        let listener = try Listener(backlog: 8)
        let address = "127.0.0.1:\(listener.port)"
        #expect(try await !wasSent(request("https://\(address)/"), when: isReached(listener)))
        #expect(
            try await !wasSent(
                request("https://host.test/", proxy: "http://\(address)"), when: isReached(listener)))
        let full = try Listener(backlog: 0)
        let queued = try (0..<4).map { _ in try full.connectWithoutWaiting() }
        defer { for socket in queued { close(socket) } }
        let end = ContinuousClock.now + .milliseconds(200)
        #expect(try await !wasSent(request("http://127.0.0.1:\(full.port)/"), when: { ContinuousClock.now > end }))
        #expect(try await !wasSent(request("http://127.0.0.1:1/"), when: { false }))
    }

    @Test("a request that the other side has read counts as sent, whether it is answered or not")
    func read() async throws {
        let (reached, gate) = (Gate(), Gate())
        let fixture = try ServerFixture { _ in
            reached.open()
            await gate.wait()
            return HTTPResponse()
        }
        defer { gate.open() }
        #expect(try await wasSent(request("http://127.0.0.1:\(fixture.port)/"), when: { reached.isOpen }))
        let listener = try Listener(backlog: 8)
        let server = Task(executorPreference: TestThreads.shared) { listener.answerOnce([]) }
        #expect(try await wasSent(request("http://127.0.0.1:\(listener.port)/"), when: { false }))
        await server.value
    }

    @Test("what an earlier call sent does not count for the next one")
    func reused() async throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let echo = request("http://127.0.0.1:\(fixture.port)/")
        #expect(try await wasSent(echo, when: { false }))
        let listener = try Listener(backlog: 8)
        let silent = request("https://127.0.0.1:\(listener.port)/")
        #expect(try await !wasSent(echo, silent, when: isReached(listener)))
    }
}
