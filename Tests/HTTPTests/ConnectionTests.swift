import EventLoop
import HTTP
import TestKit
import TestTraits
import Testing

/// Connections over real sockets: what reaches the client, and how the connection ends.
@Suite(.inTurn) struct ConnectionTests {
    @Test("an early refusal reaches a client that keeps sending, and the connection ends without RST")
    func lingers() throws {
        let fixture = try ServerFixture(
            configure: { $0.unwantedBodyLimit = 1000 }, handler: EchoHandler(limit: 1000))
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 8000000\r\n\r\n")
        // All of it can be sent, since the server reads and discards it.
        for _ in 0..<80 { client.send([UInt8](repeating: 0x78, count: 100_000)) }
        let answer = client.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.1 413") && answer.contains("Connection: close"), "\(answer)")
        #expect(!client.wasReset)
    }

    @Test("discarding ends after its time, however much the client keeps sending")
    func lingersBriefly() throws {
        let fixture = try ServerFixture(
            configure: { $0.lingerWholeTime = .milliseconds(300) }, handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/2.0\r\nHost: a\r\n\r\n")
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 505"))
        let clock = ContinuousClock()
        let start = clock.now
        while !client.isBroken, clock.now - start < .seconds(20) { client.send([0x78]) }
        #expect(clock.now - start > .milliseconds(250) && clock.now - start < .seconds(5))
    }

    @Test("a client that sends as fast as it can does not block others on the loop")
    func sharesLoop() async throws {
        let fixture = try ServerFixture(handler: EchoHandler(limit: 256 << 20))
        let port = fixture.port
        let (sending, end) = (Gate(), Gate())
        let flood = Task(executorPreference: TestThreads.shared) {
            let client = try RawClient(port: port)
            client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 200000000\r\n\r\n")
            for _ in 0..<200 where !end.isOpen {
                client.send([UInt8](repeating: 1, count: 1_000_000))
                sending.open()
            }
        }
        await sending.opened()
        let clock = ContinuousClock()
        let other = try RawClient(port: fixture.port)
        let start = clock.now
        for _ in 0..<10 {
            other.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(other.receiveAnswer().status == 200)
        }
        #expect(clock.now - start < .seconds(2))
        end.open()
        try await flood.value
    }

    @Test("a body that comes too slowly is refused after its total time, although no pause is too long")
    func bodyDeadline() async throws {
        let fixture = try ServerFixture(
            configure: {
                $0.bodyBaseTime = .milliseconds(500)
                $0.bodyLeastRate = 1000
            }, handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n")
        for _ in 0..<400 where client.isSilent(milliseconds: 50) { client.send([0x78]) }
        #expect(client.receiveAnswer().body == "timedOut")
    }

    @Test("a body whose client pauses too long is refused")
    func bodyPause() throws {
        let fixture = try ServerFixture(configure: { $0.bodyTimeout = .milliseconds(300) }, handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nab")
        #expect(client.receiveAnswer().body == "timedOut")
    }

    @Test("an idle connection is closed without an answer when its time is over")
    func keepAlive() throws {
        let fixture = try ServerFixture(configure: { $0.keepAliveTimeout = .milliseconds(300) }, handler: EchoHandler())
        let client = try RawClient(port: fixture.port, timeout: 20)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAnswer().status == 200)
        #expect(client.receive().isEmpty && !client.wasReset)
    }

    @Test("a body sent in spite of a refused 100 Continue is not read as a request")
    func refusedExpectation() throws {
        let fixture = try ServerFixture(handler: EchoHandler(limit: 1))
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        let answer = client.receiveAnswer()
        #expect(answer.status == 413 && answer.head.contains("Connection: close"))
        client.send("GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receive().isEmpty)
    }

    @Test("skips an unread body piece by piece and answers the next request")
    func discards() throws {
        let fixture = try ServerFixture { _ in HTTPResponse(body: Array("ok".utf8)) }
        let client = try RawClient(port: fixture.port)
        client.send("POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        #expect(client.receiveAnswer().body == "ok")
        client.send([UInt8](repeating: 0x78, count: 999_999))
        client.send("xGET /2 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAnswer().body == "ok")
    }

    @Test("reads large bodies whole, and the pipelined request after them", arguments: [false, true])
    func largeBodies(isChunked: Bool) throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        let body = (0..<300_000).map { UInt8(truncatingIfNeeded: 0x61 + $0 % 26) }
        let head = "POST / HTTP/1.1\r\nHost: a\r\n"
        if isChunked {
            var bytes = Array((head + "Transfer-Encoding: chunked\r\n\r\n").utf8)
            for start in stride(from: 0, to: body.count, by: 1000) {
                bytes += Array("3e8\r\n".utf8) + body[start..<(start + 1000)] + Array("\r\n".utf8)
            }
            client.send(bytes + Array("0\r\n\r\n".utf8))
        } else {
            client.send(Array((head + "Content-Length: \(body.count)\r\n\r\n").utf8) + body)
        }
        client.send("GET /next HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAnswer().body == "POST /? " + String(decoding: body, as: UTF8.self))
        #expect(client.receiveAnswer().body == "GET /next? ")
    }
}
