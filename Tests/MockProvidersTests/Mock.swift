import JSON
import MockKit
import TestKit

/// A mock on a free port and a raw client to it.
final class Mock {
    let server: MockServer
    let port: Int

    init(seed: UInt64? = 7) throws {
        server = try MockServer(configuration: MockConfiguration(seed: seed))
        port = try server.start()
    }

    func stop() async { await server.stop() }

    struct Reply {
        var status = 0
        var head = ""
        var body = ""
        /// Whether the body was received to its end.
        var isComplete = true

        var json: JSON? { try? JSON.parse(Array(body.utf8)) }
        var error: JSON? { json?["error"] }

        func header(_ name: String) -> String? {
            let prefix = name.lowercased() + ": "
            return head.split(separator: "\r\n").first { $0.lowercased().hasPrefix(prefix) }
                .map { String($0.dropFirst(prefix.count)) }
        }

        /// The payloads of a stream.
        var events: [String] {
            body.split(separator: "\n").filter { $0.hasPrefix("data: ") }.map { String($0.dropFirst(6)) }
        }
    }

    func send(
        _ method: String, _ path: String, _ body: String = "", key: String? = "sk-test",
        type: String = "application/json"
    ) throws -> Reply {
        let client = try RawClient(port: port)
        let authorization = key.map { "Authorization: Bearer \($0)\r\n" } ?? ""
        client.send(
            "\(method) \(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(authorization)"
                + "Content-Type: \(type)\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    func chat(_ body: String, key: String = "sk-test") throws -> Reply {
        try send("POST", "/openai/v1/chat/completions", body, key: key)
    }

    /// A chat with one user message.
    func ask(_ text: String, model: String = "gpt-4o-mini", more: String = "") throws -> Reply {
        try chat("{\"model\":\"\(model)\",\"messages\":[{\"role\":\"user\",\"content\":\"\(text)\"}]\(more)}")
    }

    func control(_ method: String, _ route: String, _ body: String = "") throws -> JSON? {
        try send(method, "/_mock" + route, body).json
    }

    static func read(_ text: String) -> Reply {
        let parts = text.utf8.isEmpty ? [] : split(text)
        guard parts.count == 2 else { return Reply(isComplete: false) }
        var reply = Reply(status: Int(parts[0].dropFirst(9).prefix(3)) ?? 0, head: parts[0], body: parts[1])
        if reply.header("transfer-encoding") == "chunked" {
            (reply.body, reply.isComplete) = dechunked(parts[1])
        } else if let length = reply.header("content-length").flatMap({ Int($0) }) {
            reply.isComplete = reply.body.utf8.count == length
        }
        return reply
    }

    private static func split(_ text: String) -> [String] {
        let bytes = Array(text.utf8)
        for index in bytes.indices where bytes[index...].starts(with: [13, 10, 13, 10]) {
            return [
                String(decoding: bytes[..<index], as: UTF8.self),
                String(decoding: bytes[(index + 4)...], as: UTF8.self),
            ]
        }
        return [text]
    }

    private static func dechunked(_ text: String) -> (String, Bool) {
        let bytes = Array(text.utf8)
        var output: [UInt8] = []
        var index = 0
        while index < bytes.count {
            guard let end = bytes[index...].firstIndex(of: 13) else { break }
            guard let size = Int(String(decoding: bytes[index..<end], as: UTF8.self), radix: 16) else { break }
            if size == 0 { return (String(decoding: output, as: UTF8.self), true) }
            let start = end + 2
            guard start + size <= bytes.count else { break }
            output += bytes[start..<(start + size)]
            index = start + size + 2
        }
        return (String(decoding: output, as: UTF8.self), false)
    }
}

extension Mock.Reply {
    /// The first choice, if the format resembles OpenAI's. In DashScope's format the choices are in `output`.
    var choice: JSON? { (json?["output"] ?? json)?["choices"]?[0] }
    var content: String? { choice?["message"]?["content"]?.string }
}
