import JSON
import MockKit
import TestKit
import Testing

/// An answer byte by byte, as it came through the socket.
struct WireAnswer {
    var head = ""
    /// The pieces in which the mock wrote the body: its chunks, or the whole body if it is not chunked.
    var pieces: [[UInt8]] = []
    /// Whether the body was received to its end.
    var isComplete = false
    var wasReset = false

    var body: [UInt8] { pieces.flatMap { $0 } }
    var text: String { String(decoding: body, as: UTF8.self) }
    var json: JSON? { try? JSON.parse(body) }
    var status: Int { Int(head.dropFirst(9).prefix(3)) ?? 0 }
    var isNothing: Bool { head.isEmpty && pieces.isEmpty }

    func header(_ name: String) -> String? {
        head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(name + ": ") }
            .map { String($0.dropFirst(name.count + 2)) }
    }

    init(_ bytes: [UInt8]) {
        guard let end = bytes.firstRange(of: Array("\r\n\r\n".utf8)) else { return }
        head = String(decoding: bytes[..<end.lowerBound], as: UTF8.self)
        let rest = bytes[end.upperBound...]
        if header("transfer-encoding") == "chunked" {
            readChunks(rest)
        } else {
            pieces = rest.isEmpty ? [] : [Array(rest)]
            isComplete = header("content-length") == "\(rest.count)"
        }
    }

    private mutating func readChunks(_ bytes: ArraySlice<UInt8>) {
        var rest = bytes
        while let line = rest.firstRange(of: [13, 10]),
            let size = Int(String(decoding: rest[..<line.lowerBound], as: UTF8.self), radix: 16)
        {
            guard size > 0 else {
                isComplete = true
                return
            }
            rest = rest[line.upperBound...]
            guard rest.count >= size + 2 else { return }
            pieces.append(Array(rest.prefix(size)))
            rest = rest.dropFirst(size + 2)
        }
    }
}

extension Mock {
    /// Sends the call, with a fault or without one. The mock forgets earlier prompts first, so that the same request
    /// gets the same answer.
    func ask(_ chat: FaultChat, _ fault: String? = nil) throws -> WireAnswer {
        let client = try begin(chat, fault)
        var bytes: [UInt8] = []
        while true {
            let piece = client.receive()
            if piece.isEmpty { break }
            bytes += piece
        }
        var answer = WireAnswer(bytes)
        answer.wasReset = client.wasReset
        return answer
    }

    /// Sends the call, and reads until nothing more has come for a while.
    /// - Returns: what came, and whether the connection is still open.
    func askStalling(_ chat: FaultChat, _ fault: String, pieces: Int) throws -> (answer: WireAnswer, isOpen: Bool) {
        let client = try begin(chat, fault)
        var bytes: [UInt8] = []
        while pieces > 0, WireAnswer(bytes).pieces.count < pieces {
            let piece = client.receive()
            if piece.isEmpty { break }
            bytes += piece
        }
        let isOpen = client.isSilent(milliseconds: 60)
        client.hangUp()
        return (WireAnswer(bytes), isOpen)
    }

    private func begin(_ chat: FaultChat, _ fault: String?) throws -> RawClient {
        _ = try control("POST", "/reset")
        if let fault {
            let path = chat.path.split(separator: "?").first ?? ""
            let answer = try send("POST", "/_mock/faults", "{\"match\":{\"path\":\"\(path)\"},\(fault)}")
            #expect(answer.status == 200, "\(answer.body)")
        }
        let client = try RawClient(port: port)
        let lines = chat.headers.map { $0 + "\r\n" }.joined()
        client.send(
            "POST \(chat.path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Type: \(chat.type)\r\nContent-Length: \(chat.body.utf8.count)\r\n\r\n\(chat.body)")
        return client
    }
}
