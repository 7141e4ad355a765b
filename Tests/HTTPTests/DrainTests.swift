import EventLoop
import HTTP
import Synchronization
import TestKit
import TestTraits
import Testing

@Suite(.inTurn) struct DrainTests {
    /// Waits until its request is cancelled, tells the client, and works on for a moment.
    private final class Told: RequestHandler {
        let running = Gate()
        let ended = Mutex(0)
        let isStream: Bool
        let worksOn: Duration

        init(isStream: Bool, worksOn: Duration = .milliseconds(50)) {
            self.isStream = isStream
            self.worksOn = worksOn
        }

        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            let gate = Gate()
            request.onDisconnect { gate.open() }
            if isStream {
                let body = await writer.startStream(status: 200, headers: [:])
                // Far more than the kernel buffers for a client that reads nothing.
                if request.path == "/full" {
                    running.open()
                    for _ in 0..<1000 { try? await body.write([UInt8](repeating: 1, count: 64 << 10)) }
                }
                try? await body.write([0x31])
                running.open()
                await gate.wait()
                try? await body.write(Array("\(String(describing: request.cancellation))".utf8))
                await body.finish()
            } else {
                running.open()
                await gate.wait()
                await writer.send(
                    HTTPResponse(status: 503, body: Array("\(String(describing: request.cancellation))".utf8)))
            }
            // Stands for the settlement.
            await request.loop.sleep(for: worksOn)
            ended.withLock { $0 += 1 }
        }
    }

    private static let reason = "Optional(HTTP.Cancellation.shuttingDown)"

    @Test("tells running requests at its limit, delivers what they still send, and waits for their handlers")
    func tells() async throws {
        for isStream in [false, true] {
            let handler = Told(isStream: isStream)
            let fixture = try ServerFixture(handler: handler)
            let client = try RawClient(port: fixture.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await handler.running.opened()
            #expect(await fixture.server.drain(limit: .milliseconds(10)) == 0)
            #expect(handler.ended.withLock { $0 } == 1)
            let answer = client.receiveAll()
            #expect(answer.contains(Self.reason) && !client.wasReset, "\(answer)")
            #expect(answer.hasPrefix(isStream ? "HTTP/1.1 200" : "HTTP/1.1 503"))
        }
    }

    @Test("cuts off clients that read nothing, and still waits for their handlers")
    func cuts() async throws {
        let handler = Told(isStream: true, worksOn: .milliseconds(200))
        let fixture = try ServerFixture(handler: handler)
        let client = try RawClient(port: fixture.port)
        client.send("GET /full HTTP/1.1\r\nHost: a\r\n\r\n")
        await handler.running.opened()
        let left = await fixture.server.drain(
            limit: .milliseconds(10), patience: .init(telling: .milliseconds(50), ending: .seconds(20)))
        #expect(left == 0 && handler.ended.withLock { $0 } == 1)
    }

    @Test("reports how many handlers did not end")
    func abandons() async throws {
        let gate = Gate()
        let fixture = try ServerFixture { _ in
            await gate.wait()
            return HTTPResponse()
        }
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await gate.arrived()
        let left = await fixture.server.drain(
            limit: .zero, patience: .init(telling: .zero, ending: .milliseconds(50)))
        #expect(left == 1)
        gate.open()
    }

    @Test("does not wait for another request of a client whose unread body was being skipped", .timeLimit(.minutes(10)))
    func skipping() async throws {
        let fixture = try ServerFixture { _ in HTTPResponse() }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n1234")
        #expect(client.receiveAnswer().status == 200)
        let (server, port) = (fixture.server, fixture.port)
        // Far longer than the test's own limit.
        async let left = server.drain(limit: .seconds(600))
        #expect(await eventually { (try? RawClient(port: port)) == nil })
        client.send("56789")
        #expect(await left == 0)
    }

    @Test("closes idle connections at once, and unfinished heads and bodies at its limit")
    func unfinished() async throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let idle = try RawClient(port: fixture.port)
        idle.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(idle.receiveAnswer().status == 200)
        let head = try RawClient(port: fixture.port)
        head.send("GET / HTT")
        let body = try RawClient(port: fixture.port)
        body.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\n")
        #expect(body.receive(until: "\r\n\r\n").contains("100"))
        async let left = fixture.server.drain(limit: .seconds(2))
        #expect(await eventually { !idle.isSilent(milliseconds: 0) })
        #expect(head.isSilent(milliseconds: 0))
        #expect(await left == 0)
        #expect(idle.receive().isEmpty)
        #expect(head.receive().isEmpty)
        #expect(body.receiveAll().contains("shuttingDown"))
    }
}
