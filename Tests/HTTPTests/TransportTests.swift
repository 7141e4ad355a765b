import EventLoop
import HTTP
import TestKit
import TestTraits
import Testing

@Suite(.inTurn) struct TransportTests {
    private static let transport = CurlTransport()

    @Test("relays a whole exchange and reuses the connection")
    func exchanges() async throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let url = "http://127.0.0.1:\(fixture.port)/v1/x?q=1"
        for number in 0..<20 {
            let (status, body) = try await fixture.onLoop {
                let request = UpstreamRequest(
                    url: url, headers: ["Content-Type": "application/json"], body: Array("n\(number)".utf8))
                let response = try await Self.transport.send(request)
                return (response.status, try await response.collect(limit: 1000))
            }
            #expect(status == 200)
            #expect(String(decoding: body, as: UTF8.self) == "POST /v1/x?q=1 n\(number)")
        }
    }

    @Test("streams a body larger than its buffer, pausing while nobody reads")
    func streamsLargeBody() async throws {
        let fixture = try ServerFixture(handler: StreamHandler())
        let url = "http://127.0.0.1:\(fixture.port)/?n=200&size=65536"
        let total = try await fixture.onLoop {
            let response = try await Self.transport.send(UpstreamRequest(method: .get, url: url))
            await EventLoop.current?.sleep(for: .milliseconds(20))
            var total = 0
            while let piece = try await response.next() { total += piece.count }
            return total
        }
        #expect(total == 200 * 65536)
    }

    @Test("tells a cut body from a whole one")
    func noticesCut() async throws {
        let fixture = try ServerFixture(handler: StreamHandler())
        let url = "http://127.0.0.1:\(fixture.port)/cut"
        await #expect(throws: TransportError.self) {
            _ = try await fixture.onLoop {
                let response = try await Self.transport.send(UpstreamRequest(method: .get, url: url))
                return try await response.collect(limit: 1000)
            }
        }
    }

    @Test("distinguishes failures: refused connection, bad address, size limit, time limit")
    func sortsFailures() async throws {
        let gate = Gate()
        let fixture = try ServerFixture { _ in
            await gate.wait()
            return HTTPResponse()
        }
        func failure(_ url: String, _ limits: TransportLimits = TransportLimits()) async -> TransportError? {
            do {
                _ = try await fixture.onLoop {
                    let response = try await Self.transport.send(UpstreamRequest(url: url, limits: limits))
                    return try await response.collect(limit: 100)
                }
                return nil
            } catch { return error as? TransportError }
        }
        #expect(await failure("ftp://127.0.0.1/") == .badAddress)
        let slow = "http://127.0.0.1:\(fixture.port)/"
        #expect(await failure(slow, TransportLimits(firstByte: .milliseconds(150))) == .timedOut(.firstByte))
        gate.open()
        let large = try ServerFixture(handler: StreamHandler())
        let url = "http://127.0.0.1:\(large.port)/?n=3&size=1000"
        #expect(await failure(url, TransportLimits(bodyBytes: 1500)) == .tooLarge)
        guard case .connectFailed = await failure("http://127.0.0.1:1/") else {
            Issue.record("a refused connection was not seen as one")
            return
        }
    }

    @Test("cancels a call that waits for its answer's head")
    func cancels() async throws {
        let gate = Gate()
        let fixture = try ServerFixture { request in
            request.onDisconnect { gate.open() }
            await gate.wait()
            return HTTPResponse()
        }
        let url = "http://127.0.0.1:\(fixture.port)/"
        await #expect(throws: TransportError.cancelled) {
            try await fixture.onLoop {
                let call = UpstreamCall()
                EventLoop.current?.schedule(after: .milliseconds(30)) { call.cancel() }
                _ = try await Self.transport.send(UpstreamRequest(url: url), call: call)
            }
        }
        #expect(await eventually { gate.isOpen })
    }
}
