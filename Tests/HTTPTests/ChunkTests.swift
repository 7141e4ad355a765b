import HTTP
import TestKit
import TestTraits
import Testing

@Suite(.inTurn) struct ChunkTests {
    static let badChunks = [
        "g\r\n", "\r\n", "-1\r\n", "3\r\nabcX\r\n", "3\r\nabcX\n0\r\n\r\n", "3\nabc\r\n0\r\n\r\n", "3 \r\nabc\r\n",
        "0x3\r\nabc\r\n",
        "fffffffffffffffff\r\n", "3\r\nabc\r\r\n", "3\r\nabc\r\n0\r\n\r\r",
    ]

    @Test("refuses a bad chunk size or chunk end", arguments: badChunks)
    func refusesChunks(chunks: String) throws {
        let fixture = try ServerFixture(handler: EchoHandler())
        let client = try RawClient(port: fixture.port, timeout: 10)
        client.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n\(chunks)")
        let answer = client.receiveAll()
        #expect(answer.hasPrefix("HTTP/1.1 400"), "\(answer)")
        #expect(answer.contains("Connection: close"))
    }

    @Test(
        "refuses a chunk size with more digits than fit, at the first digit too many",
        arguments: [
            "8000000000000000", "ffffffffffffffff", "7fffffffffffffff", "10000000000000003", "0000000000000003",
            "fffffffffffffffff",
        ])
    func refusesHugeChunks(size: String) throws {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        #expect(throws: BodyError.malformed) {
            _ = try Array((size + "\r\nabc").utf8).withUnsafeBytes { try decoder.feed($0, into: &body) }
        }
        #expect(body.isEmpty)
    }

    @Test("accepts the largest possible chunk size before the chunk itself comes")
    func takesLargeChunkSize() throws {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        let bytes = Array("fffffffffffffff\r\nabc".utf8)
        #expect(try bytes.withUnsafeBytes { try decoder.feed($0, into: &body) } == bytes.count)
        #expect(body == Array("abc".utf8) && !decoder.isDone)
    }

    @Test(
        "refuses endless extensions and trailers, and skips short ones",
        arguments: [
            ("3;", "x", "\r\nabc\r\n0\r\n\r\n", 1000), ("3\r\nabc\r\n0\r\n", "X: yy\r\n", "\r\n", 1000),
            ("3\r\nabc\r\n0\r\nX: ", "y", "\r\n\r\n", 8000),
        ])
    func limitsExtras(start: String, piece: String, end: String, fitting: Int) throws {
        for (count, isTaken) in [(fitting, true), (fitting * 2, false)] {
            let bytes = Array((start + String(repeating: piece, count: count) + end).utf8)
            var decoder = ChunkedDecoder()
            var body: [UInt8] = []
            let used = try? bytes.withUnsafeBytes { try decoder.feed($0, into: &body) }
            #expect((used == bytes.count && decoder.isDone) == isTaken, "\(count)")
        }
    }

    @Test("limits a chunked body, finished or not, and accepts one at the limit")
    func limitsChunks() throws {
        let fixture = try ServerFixture(handler: EchoHandler(limit: 10))
        let head = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n"
        let cases = [
            ("a\r\n1234567890\r\n0\r\n\r\n", 200), ("b\r\n12345678901\r\n0\r\n\r\n", 413),
            ("b\r\n12345678901\r\n", 413), ("6\r\n123456\r\n6\r\n12345", 413),
        ]
        for (chunks, status) in cases {
            let client = try RawClient(port: fixture.port, timeout: 10)
            client.send(head + chunks)
            #expect(client.receiveAnswer().status == status, "\(chunks)")
        }
    }

    @Test("decodes chunks at every split of the bytes")
    func decodesChunksAtEverySplit() throws {
        let wire = Array("4\r\nWiki\r\n5;ext=1\r\npedia\r\n0\r\nTrailer: x\r\n\r\nrest".utf8)
        for split in 0...wire.count {
            var decoder = ChunkedDecoder()
            var body: [UInt8] = []
            var used = 0
            for piece in [Array(wire[..<split]), Array(wire[split...])] {
                used += try piece.withUnsafeBytes { try decoder.feed($0, into: &body) }
            }
            #expect(String(decoding: body, as: UTF8.self) == "Wikipedia")
            #expect(decoder.isDone)
            #expect(used == wire.count - 4)
        }
    }
}
