import HTTP
import TestKit

/// A client that keeps its connection between requests.
final class FuzzClient {
    private let port: Int
    private var client: RawClient?

    init(port: Int) { self.port = port }

    /// - Returns: status 0 if no whole answer came in time.
    func ask(
        _ method: String, _ path: String, _ body: [UInt8]?, headers: [String]
    ) -> (status: Int, body: [UInt8]) {
        guard let client = client ?? (try? RawClient(port: port, timeout: 30)) else { return (0, []) }
        self.client = client
        var head = "\(method) \(path) HTTP/1.1\r\nHost: a\r\n"
        for line in headers { head += line + "\r\n" }
        if let body { head += "Content-Type: application/json\r\nContent-Length: \(body.count)\r\n" }
        client.send(Array((head + "\r\n").utf8) + (body ?? []))
        let answer = Answer(client)
        if !answer.isKept { self.client = nil }
        return (answer.status, answer.body)
    }
}

/// A whole answer as received.
private struct Answer {
    var status = 0
    var body: [UInt8] = []
    /// Whether the connection can take another request.
    var isKept = false

    init(_ client: RawClient) {
        var bytes: [UInt8] = []
        let end: [UInt8] = [13, 10, 13, 10]
        while bytes.firstRange(of: end) == nil {
            let piece = client.receive()
            if piece.isEmpty { return }
            bytes += piece
        }
        guard let headEnd = bytes.firstRange(of: end) else { return }
        let head = String(decoding: bytes[..<headEnd.lowerBound], as: UTF8.self).lowercased()
        var rest = Array(bytes[headEnd.upperBound...])
        isKept = !head.contains("connection: close")
        if head.contains("transfer-encoding: chunked") {
            var decoder = ChunkedDecoder()
            while !decoder.isDone {
                let taken = rest.withUnsafeBytes { try? decoder.feed($0, into: &body) }
                if taken == nil { return }
                if decoder.isDone { break }
                rest = client.receive()
                if rest.isEmpty { return }
            }
        } else {
            let length = head.split(separator: "\r\n").first { $0.hasPrefix("content-length: ") }.flatMap {
                Int($0.dropFirst(16))
            }
            while rest.count < length ?? 0 {
                let piece = client.receive()
                if piece.isEmpty { return }
                rest += piece
            }
            body = rest
        }
        status = Int(head.dropFirst(9).prefix(3)) ?? 0
    }
}
