import HTTP
import TestKit
import TestTraits
import Testing

@Suite(.inTurn) struct FramingTests {
    static let refused: [(String, String)] = [
        ("Content-Length with Transfer-Encoding", "Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked"),
        ("two Content-Lengths", "Host: a\r\nContent-Length: 3\r\nContent-Length: 3"),
        ("a signed length", "Host: a\r\nContent-Length: +3"),
        ("a length with a space", "Host: a\r\nContent-Length: 1 3"),
        ("a list of lengths", "Host: a\r\nContent-Length: 3, 3"),
        ("a hexadecimal length", "Host: a\r\nContent-Length: 0x3"),
        ("an empty length", "Host: a\r\nContent-Length: "),
        ("a huge length", "Host: a\r\nContent-Length: 99999999999999999999"),
        ("a space before the colon", "Host: a\r\nX-A : b"),
        ("obsolete folding", "Host: a\r\nX-A: b\r\n c"),
        ("folding at the start", " Host: a"),
        ("a NUL byte", "Host: a\r\nX-A: b\0c"),
        ("a bare CR", "Host: a\r\nX-A: b\rc"),
        ("a bare LF", "Host: a\nX-A: b"),
        ("no Host", "X-A: b"),
        ("two Hosts", "Host: a\r\nHost: a"),
        ("a Host with a path", "Host: a/b"),
        ("a header without a name", "Host: a\r\n: b"),
        ("a header without a colon", "Host: a\r\nabc"),
        ("an unknown transfer coding", "Host: a\r\nTransfer-Encoding: gzip, chunked"),
        ("a repeated transfer coding", "Host: a\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: chunked"),
    ]

    @Test("refuses a head that two servers could frame differently, and closes", arguments: refused)
    func refusesAmbiguousHead(name: String, fields: String) throws {
        // The handler answers everything and the bodies are valid, so only the head can be the reason for a refusal.
        let fixture = try ServerFixture { request in HTTPResponse(body: Array("reached \(request.path)".utf8)) }
        for body in ["abc", "3\r\nabc\r\n0\r\n\r\n", "0\r\n\r\n"] {
            let client = try RawClient(port: fixture.port, timeout: 10)
            client.send("POST / HTTP/1.1\r\n\(fields)\r\n\r\n\(body)GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n")
            let answer = client.receiveAll()
            #expect(answer.hasPrefix("HTTP/1.1 400") || answer.hasPrefix("HTTP/1.1 501"), "\(name): \(answer)")
            #expect(!answer.contains("reached"))
        }
    }

    static let badLines = [
        "GET /", "GET  / HTTP/1.1", "GET / HTTP/1.1 ", "G@T / HTTP/1.1", "GET / http/1.1", "GET /a b HTTP/1.1",
        "GET /#x HTTP/1.1", "GET x HTTP/1.1", "GET http://other/ HTTP/1.1", "GET http://a@b/ HTTP/1.1",
    ]

    @Test("refuses a broken request line", arguments: badLines)
    func refusesRequestLine(line: String) throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("\(line)\r\nHost: a\r\n\r\n")
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 400"))
    }

    @Test("accepts an absolute address that agrees with Host")
    func takesAbsoluteForm() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("GET http://a:80/x?y=1 HTTP/1.1\r\nHost: a:80\r\n\r\n")
        #expect(client.receiveAnswer().body == "GET /x?y=1 ")
    }

    @Test("refuses other versions with 505")
    func refusesVersion() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/2.0\r\nHost: a\r\n\r\n")
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 505"))
    }

    @Test("refuses Transfer-Encoding in HTTP/1.0, which does not have it, and closes")
    func refusesOldTransferEncoding() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port, timeout: 10)
        client.send("POST / HTTP/1.0\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n")
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 400"))
    }

    @Test("refuses a line that ends without CR at once, before the head's end", arguments: ["\n\n", "\n"])
    func refusesBareLineFeeds(end: String) throws {
        let head = Array("GET / HTTP/1.1\nHost: a\(end)".utf8)
        #expect(throws: HeadError.self) { try head.withUnsafeBytes { try HeadParser().headEnd(in: $0, scanned: 0) } }
    }

    @Test("a head without an end is refused once it is too large, and no more of it is read")
    func limitsEndlessHead() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port, timeout: 10)
        client.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 40_000))
        #expect(client.receiveAll().hasPrefix("HTTP/1.1 431"))
    }

    @Test("limits the head's size and the number of fields")
    func limitsHead() throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let large = try RawClient(port: fixture.port)
        large.send("GET / HTTP/1.1\r\nHost: a\r\nX: " + String(repeating: "x", count: 40_000) + "\r\n\r\n")
        #expect(large.receiveAll().hasPrefix("HTTP/1.1 431"))
        let many = try RawClient(port: fixture.port)
        many.send("GET / HTTP/1.1\r\nHost: a\r\n" + String(repeating: "X: y\r\n", count: 150) + "\r\n")
        #expect(many.receiveAll().hasPrefix("HTTP/1.1 431"))
    }
}
