import EventLoop
import TestKit
import TestTraits
import Testing

@testable import HTTP

/// Upstreams that begin an answer and then are slow, or whose call is cancelled.
@Suite(.inTurn) struct TransportTimeTests {
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

    /// Sends one piece and then nothing for five seconds, or a piece every 50 ms for as long. Then it ends, which
    /// reveals a transport that has not cut it off.
    private struct Slow: RequestHandler {
        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            let body = await writer.startStream(status: 200, headers: [:])
            for number in 0..<100 where !request.isDisconnected {
                if number == 0 || request.path != "/silent" { try? await body.write([0x78]) }
                await request.loop.sleep(for: .milliseconds(50))
            }
            await body.finish()
        }
    }

    @Test("an answer that pauses too long, or takes too long in total, is cut off with the matching error")
    func idleAndTotal() async throws {
        let fixture = try ServerFixture(handler: Slow())
        let silent = "http://127.0.0.1:\(fixture.port)/silent"
        let steady = "http://127.0.0.1:\(fixture.port)/steady"
        #expect(
            try await failure(silent, TransportLimits(firstByte: .seconds(10), idle: .milliseconds(300)))
                == .timedOut(.idle))
        #expect(
            try await failure(steady, TransportLimits(idle: .seconds(10), total: .milliseconds(500)))
                == .timedOut(.total))
        #expect(
            try await failure(silent, TransportLimits(idle: nil, total: .milliseconds(500))) == .timedOut(.total))
    }

    @Test("cancelling during an answer closes the upstream's connection")
    func cancelsUpstream() async throws {
        let gate = Gate()
        let fixture = try ServerFixture(
            configure: { $0.halfCloseProbeDelay = .milliseconds(10) }, handler: Watcher(gate: gate))
        let url = "http://127.0.0.1:\(fixture.port)/"
        await #expect(throws: TransportError.cancelled) {
            try await fixture.onLoop {
                let response = try await Self.transport.send(UpstreamRequest(url: url))
                _ = try await response.next()
                EventLoop.current?.schedule(after: .milliseconds(20)) { response.cancel() }
                _ = try await response.next()
            }
        }
        #expect(await eventually { gate.isOpen })
    }

    /// Streams a first piece and opens its gate when the client has left.
    private struct Watcher: RequestHandler {
        let gate: Gate

        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            request.onDisconnect { gate.open() }
            let body = await writer.startStream(status: 200, headers: [:], probe: Array("x".utf8))
            try? await body.write([0x78])
            await gate.wait()
            await body.finish()
        }
    }
}
