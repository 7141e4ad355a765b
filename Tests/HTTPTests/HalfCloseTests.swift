import EventLoop
import HTTP
import TestKit
import TestTraits
import Testing

@Suite(.inTurn) struct HalfCloseTests {
    /// Answers when its gate opens, or when its request is cancelled.
    private struct Held: RequestHandler {
        let gate: Gate
        let given: Gate

        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            request.onDisconnect {
                given.open()
                gate.open()
            }
            await gate.wait()
            await writer.send(HTTPResponse(body: Array("done".utf8)))
        }
    }

    /// Streams a piece, waits at the gate, and streams another.
    private struct HeldStream: RequestHandler {
        let gate: Gate
        let given: Gate

        func respond(to request: ServerRequest, with writer: consuming ResponseWriter) async {
            request.onDisconnect {
                given.open()
                gate.open()
            }
            let body = await writer.startStream(
                status: 200, headers: ["Content-Type": "text/event-stream"], probe: Array(": \n\n".utf8))
            try? await body.write(Array("data: 1\n\n".utf8))
            await gate.wait()
            try? await body.write(Array("data: 2\n\n".utf8))
            await body.finish()
        }
    }

    private func fixture(probe: Duration, _ handler: any RequestHandler) throws -> ServerFixture {
        try ServerFixture(configure: { $0.halfCloseProbeDelay = probe }, handler: handler)
    }

    private static let request = "GET / HTTP/1.1\r\nHost: a\r\n\r\n"

    @Test("answers a client that ends its sending side after its requests, with no interim answer before a quick one")
    func quickAnswer() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send(Self.request + "GET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        client.finishSending()
        #expect(client.receiveAnswer().body == "GET /? ")
        #expect(client.receiveAnswer().body == "GET /2? ")
        #expect(client.receive().isEmpty && !client.wasReset)
    }

    @Test("answers a half-closed client that waits, after an interim answer has shown that it is still there")
    func slowAnswer() async throws {
        let (gate, given) = (Gate(), Gate())
        let fixture = try fixture(probe: .milliseconds(10), Held(gate: gate, given: given))
        let client = try RawClient(port: fixture.port)
        client.send(Self.request)
        await gate.arrived()
        client.finishSending()
        #expect(client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        #expect(!given.isOpen)
        gate.open()
        #expect(client.receiveAnswer().body == "done")
        #expect(!given.isOpen)
    }

    @Test(
        "notices that a client has closed both sides, before its answer or during a stream",
        arguments: [false, true])
    func closed(isStream: Bool) async throws {
        let (gate, given) = (Gate(), Gate())
        let handler: any RequestHandler =
            isStream ? HeldStream(gate: gate, given: given) : Held(gate: gate, given: given)
        let fixture = try fixture(probe: .milliseconds(10), handler)
        do {
            let client = try RawClient(port: fixture.port)
            client.send(Self.request)
            if isStream { #expect(client.receive(until: "data: 1").contains("200 OK")) }
            await gate.arrived()
        }
        #expect(await eventually { given.isOpen })
    }

    @Test("keeps streaming to a half-closed client, with a comment between two events")
    func stream() async throws {
        let (gate, given) = (Gate(), Gate())
        let fixture = try fixture(probe: .milliseconds(10), HeldStream(gate: gate, given: given))
        let client = try RawClient(port: fixture.port)
        client.send(Self.request)
        client.finishSending()
        let first = client.receive(until: ": \n\n\r\n")
        #expect(first.hasSuffix("9\r\ndata: 1\n\n\r\n4\r\n: \n\n\r\n"), "\(first)")
        gate.open()
        #expect(client.receiveAll().hasSuffix("9\r\ndata: 2\n\n\r\n0\r\n\r\n"))
        #expect(!given.isOpen)
    }

    @Test("treats an HTTP/1.0 client that ends its sending side while it waits as one that left")
    func oldClient() async throws {
        let (gate, given) = (Gate(), Gate())
        let fixture = try fixture(probe: .milliseconds(10), Held(gate: gate, given: given))
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/1.0\r\n\r\n")
        client.finishSending()
        #expect(await eventually { given.isOpen })
    }
}
