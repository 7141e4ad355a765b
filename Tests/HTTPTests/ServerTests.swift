import EventLoop
import HTTP
import TestKit
import TestTraits
import Testing

@Suite(.inTurn) struct ServerTests {
    @Test("answers several pipelined requests in order on one connection")
    func pipelines() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send(
            "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi"
                + "POST /2 HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nyou\r\n0\r\n\r\n"
                + "GET /3 HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answer = client.receiveAll()
        #expect(answer.components(of: "HTTP/1.1 200 OK") == 3)
        #expect(answer.contains("POST /1? hi"))
        #expect(answer.contains("POST /2? you"))
        #expect(answer.contains("GET /3? "))
    }

    @Test("reads a request that arrives byte by byte")
    func readsByteByByte() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        for byte in "POST /1 HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi".utf8 { client.send([byte]) }
        #expect(client.receiveAnswer().body == "POST /1? hi")
    }

    @Test("says 100 Continue before it reads the body")
    func continues() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.receive(until: "\r\n\r\n") == "HTTP/1.1 100 Continue\r\n\r\n")
        client.send("ok")
        #expect(client.receiveAnswer().body == "POST /? ok")
    }

    @Test("unpacks gzip bodies, limits their unpacked size, and keeps the connection")
    func unpacksGzip() throws {
        let fixture = try ServerFixture(handler: EchoHandler(limit: 100_000))
        let client = try RawClient(port: fixture.port)
        let packed = try #require(Gzip.pack(Array("hello gzip".utf8)))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: \(packed.count)\r\n\r\n")
        client.send(packed)
        #expect(client.receiveAnswer().body == "POST /? hello gzip")
        let bomb = try #require(Gzip.pack([UInt8](repeating: 0, count: 10_000_000)))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: \(bomb.count)\r\n\r\n")
        client.send(bomb)
        #expect(client.receiveAnswer().status == 413)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Encoding: gzip\r\nContent-Length: 3\r\n\r\nabc")
        #expect(client.receiveAnswer().body == "badEncoding")
    }

    @Test("answers 413 to a body above the limit, and keeps the connection if the rest is short")
    func limitsBody() throws {
        let fixture = try ServerFixture(handler: EchoHandler(limit: 10))
        let client = try RawClient(port: fixture.port)
        client.send(
            "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 11\r\n\r\n12345678901GET /n HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAnswer().status == 413)
        #expect(client.receiveAnswer().body == "GET /n? ")
    }

    @Test("streams in chunks, or until it closes to HTTP/1.0, and breaks off without the last chunk")
    func streams() throws {
        let fixture = try ServerFixture(handler: StreamHandler())
        let client = try RawClient(port: fixture.port)
        client.send("GET /?n=2 HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receive(until: "0\r\n\r\n").hasSuffix("\r\n\r\n4\r\nxxxx\r\n4\r\nxxxx\r\n0\r\n\r\n"))
        client.send("GET /cut HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAll().hasSuffix("4\r\nxxxx\r\n"))
        let old = try RawClient(port: fixture.port)
        old.send("GET / HTTP/1.0\r\n\r\n")
        #expect(old.receiveAll().hasSuffix("\r\n\r\nxxxxxxxxxxxx"))
    }

    @Test("answers HEAD with the length and no body")
    func head() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("HEAD /x HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let answer = client.receiveAll()
        #expect(answer.contains("Content-Length: 9\r\n"))
        #expect(answer.hasSuffix("\r\n\r\n"))
    }

    @Test("lets a running answer end when it drains, and accepts no new connection")
    func drains() async throws {
        let gate = Gate()
        let fixture = try ServerFixture { _ in
            await gate.wait()
            return HTTPResponse(body: Array("done".utf8))
        }
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        await gate.arrived()
        async let drained = fixture.server.drain(limit: .seconds(10))
        gate.open()
        #expect(await drained == 0)
        #expect(client.receiveAll().hasSuffix("done"))
        #expect(throws: RawClientError.self) { _ = try RawClient(port: fixture.port) }
    }

    @Test("tells the handler that the client has left")
    func tellsDisconnect() async throws {
        let gate = Gate()
        let fixture = try ServerFixture { request in
            request.onDisconnect { gate.open() }
            await gate.wait()
            return HTTPResponse()
        }
        do {
            let client = try RawClient(port: fixture.port)
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            await gate.arrived()
        }
        #expect(await eventually { gate.isOpen })
    }

    @Test("closes with 408 a connection whose head does not come in time")
    func timesOut() throws {
        let fixture = try ServerFixture(configure: { $0.headTimeout = .milliseconds(100) }, handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/1.1\r\nHo")
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 408"))
    }

    @Test("refuses a port that another server uses")
    func portInUse() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        #expect(throws: ListenError.portInUse(fixture.port)) {
            _ = try ServerFixture(configure: { $0.port = fixture.port }, handler: EchoHandler())
        }
    }
}

extension String {
    fileprivate func components(of part: String) -> Int {
        var count = 0
        var rest = self[...]
        while let first = part.first, let index = rest.firstIndex(of: first) {
            if rest[index...].hasPrefix(part) { count += 1 }
            rest = rest[rest.index(after: index)...]
        }
        return count
    }
}
