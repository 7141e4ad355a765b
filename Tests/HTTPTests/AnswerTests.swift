import Glibc
import HTTP
import TestKit
import TestTraits
import Testing

/// Whole answers over real sockets.
@Suite(.inTurn) struct AnswerTests {
    private static func body(_ count: Int) -> [UInt8] { (0..<count).map { UInt8(truncatingIfNeeded: 0x61 + $0 % 26) } }

    @Test(
        "an answer of any size comes whole after its head, and so does the next one",
        arguments: [0, 1, 16 << 10, 16 << 10 + 1, 3_000_000])
    func sizes(count: Int) throws {
        let fixture = try ServerFixture { _ in HTTPResponse(body: Self.body(count)) }
        let client = try RawClient(port: fixture.port)
        for _ in 0..<2 {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.receiveAnswer().body == String(decoding: Self.body(count), as: UTF8.self))
        }
        client.send("HEAD / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n")
        let head = client.receiveAll()
        #expect(head.contains("Content-Length: \(count)\r\n") && head.hasSuffix("\r\n\r\n"))
    }

    @Test("a client that reads a large answer too slowly is reset")
    func tooSlow() throws {
        let fixture = try ServerFixture(
            configure: {
                $0.answerBaseTime = .milliseconds(300)
                $0.answerLeastRate = 1 << 30
            }, handler: ClosureHandler { _ in HTTPResponse(body: [UInt8](repeating: 0x78, count: 64 << 20)) })
        let client = try RawClient(port: fixture.port)
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        var received = 0
        for piece in 0..<2000 {
            let count = client.receive().count
            if count == 0 { break }
            received += count
            // Reads slowly at first, and then everything that is on the way.
            if piece < 75 { usleep(20_000) }
        }
        #expect(client.wasReset && received < 64 << 20)
    }
}
