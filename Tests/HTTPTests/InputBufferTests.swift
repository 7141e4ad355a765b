import TestTraits
import Testing

@testable import HTTP

@Suite(.inTurn) struct InputBufferTests {
    private func append(_ bytes: [UInt8], to input: inout InputBuffer) { bytes.withUnsafeBytes { input.append($0) } }

    @Test("keeps only what is unread, however much a client pipelines and leaves unfinished")
    func compacts() throws {
        var input = InputBuffer()
        let parser = HeadParser()
        let request = Array(("GET /\(String(repeating: "x", count: 3000)) HTTP/1.1\r\nHost: a\r\n\r\n").utf8)
        append(Array(request.prefix(1500)), to: &input)
        for _ in 0..<2000 {
            append(Array(request.dropFirst(1500)) + request.prefix(1500), to: &input)
            var scanned = 0
            let head = try input.takeHead(parser, scanned: &scanned)
            #expect(head?.path.utf8.count == 3001)
        }
        #expect(input.count == 1500)
        #expect(input.capacity <= 96 << 10, "\(input.capacity) bytes are held")
    }

    @Test("releases a large body's memory once everything is read")
    func givesRoomBack() {
        var input = InputBuffer()
        append([UInt8](repeating: 1, count: 1 << 20), to: &input)
        #expect(input.skip(1 << 20) == 1 << 20 && input.isEmpty)
        append([2], to: &input)
        #expect(input.capacity <= 64 << 10)
        #expect(input.take(1) == [2])
    }

    @Test("takes, skips and moves unread bytes, also after others were dropped")
    func order() {
        var input = InputBuffer()
        append([UInt8](repeating: 0, count: 20 << 10), to: &input)
        #expect(input.skip((20 << 10) - 3) == (20 << 10) - 3)
        append([1, 2, 3, 4], to: &input)
        #expect(input.take(4) == [0, 0, 0, 1])
        #expect(input.skip(1) == 1)
        var body: [UInt8] = [9]
        input.moveAll(to: &body)
        #expect(body == [9, 3, 4] && input.isEmpty)
        #expect(input.skip(1) == 0)
    }
}
