import HTTP
import TestKit
import TestTraits
import Testing

/// Bodies that their handler does not read: the refusal has to reach clients, and proxies, that send on.
@Suite(.inTurn) struct UnwantedBodyTests {
    private static let megabyte = [UInt8](repeating: 0x78, count: 1 << 20)

    /// Refuses without a look at the body, except for `GET`.
    private func server(_ configure: (inout ServerConfiguration) -> Void = { _ in }) throws -> ServerFixture {
        try ServerFixture(configure: configure) { request in
            HTTPResponse(status: request.method == .get ? 200 : 401, body: Array("no".utf8))
        }
    }

    @Test("a refused body is read away before the answer, and the connection goes on", arguments: [false, true])
    func readAway(isChunked: Bool) throws {
        let fixture = try server { $0.lingerTime = .milliseconds(100) }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\n")
        client.send(isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 8388608\r\n\r\n")
        for number in 0..<8 {
            // Slower than a connection lingers.
            if number < 2 { #expect(client.isSilent(milliseconds: 300)) }
            if isChunked { client.send("100000\r\n") }
            client.send(Self.megabyte)
            if isChunked { client.send("\r\n") }
        }
        if isChunked { client.send("0\r\n\r\n") }
        let answer = client.receiveAnswer()
        #expect(answer.status == 401 && !answer.head.contains("close"), "\(answer.head)")
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAnswer().status == 200)
        #expect(!client.isBroken && !client.wasReset)
    }

    @Test("the rest of a body that became too large is read away too", arguments: [false, true])
    func rest(isPipelined: Bool) throws {
        let fixture = try ServerFixture(handler: EchoHandler(limit: 1000))
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        for _ in 0..<4 {
            client.send("100000\r\n")
            client.send(Self.megabyte)
            client.send("\r\n")
        }
        let next = "GET /next HTTP/1.1\r\nHost: a\r\n\r\n"
        client.send("0\r\n\r\n" + (isPipelined ? next : ""))
        #expect(client.receiveAnswer().status == 413)
        if !isPipelined { client.send(next) }
        #expect(client.receiveAnswer().body == "GET /next? ")
    }

    @Test("the rest of a body that there is no room for is read away, and leaves no request behind")
    func overBudget() throws {
        let budget = BodyBudget(limits: BodyBudget.Limits(process: 200_000, address: 0, token: 0))
        let fixture = try ServerFixture { request in
            let account = BodyAccount(budget: budget, address: "a", token: nil)
            do throws(BodyError) {
                return HTTPResponse(body: try await request.body(limit: 1 << 30, account: account))
            } catch { return HTTPResponse(status: 503) }
        }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n")
        client.send("100000\r\n")
        client.send(Self.megabyte)
        client.send("\r\n0\r\n\r\nPOST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n")
        client.send([UInt8](repeating: 0x79, count: 300_000))
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\nhi")
        #expect((0..<3).map { _ in client.receiveAnswer().status } == [503, 503, 200])
        #expect(budget.total == 0)
    }

    @Test("a client that pauses is answered, and may send the rest of a short body later")
    func pause() throws {
        let fixture = try server { $0.unwantedBodyPause = .milliseconds(200) }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1000000\r\n\r\n")
        client.send([UInt8](repeating: 0x78, count: 400_000))
        #expect(client.receiveAnswer().status == 401)
        client.send([UInt8](repeating: 0x78, count: 600_000))
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        #expect(client.receiveAnswer().status == 200)
    }

    @Test("a body beyond the bound is answered at once")
    func beyondBound() throws {
        let fixture = try server {
            $0.unwantedBodyLimit = 4_000_000
            $0.unwantedBodyPause = .seconds(100)
        }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 4000001\r\n\r\n")
        let answer = client.receiveAnswer()
        #expect(answer.status == 401 && answer.head.contains("Connection: close"))
    }

    @Test("a client that sends without end holds its connection for a bounded time", arguments: [false, true])
    func endless(isChunked: Bool) throws {
        let fixture = try server {
            $0.unwantedBodyTime = .milliseconds(600)
            $0.lingerTime = .milliseconds(300)
            $0.lingerWholeTime = .milliseconds(600)
        }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\n")
        client.send(isChunked ? "Transfer-Encoding: chunked\r\n\r\n" : "Content-Length: 60000000\r\n\r\n")
        let clock = ContinuousClock()
        let start = clock.now
        // A byte now and then: never a pause that is too long.
        while !client.isBroken, clock.now - start < .seconds(20) {
            client.send(isChunked ? "1\r\nx\r\n" : "x")
            _ = client.isSilent(milliseconds: 20)
        }
        #expect(clock.now - start > .milliseconds(500) && clock.now - start < .seconds(10))
    }

    @Test("a client that waits for 100 Continue is answered at once")
    func expectation() throws {
        let fixture = try server { $0.unwantedBodyPause = .seconds(100) }
        let client = try RawClient(port: fixture.port)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\nExpect: 100-continue\r\n\r\n")
        #expect(client.receiveAnswer().status == 401)
    }
}
