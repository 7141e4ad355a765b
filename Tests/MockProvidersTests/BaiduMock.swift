import JSON
import MockKit
import TestKit

extension Mock {
    private static let workshopPath = "rpc/2.0/ai_custom/v1/wenxinworkshop/"

    /// A request to Baidu's part of the mock, with exactly these headers.
    func baidu(_ method: String, _ path: String, _ body: String = "", headers: [String] = []) throws -> Reply {
        let client = try RawClient(port: port)
        let lines = headers.map { $0 + "\r\n" }.joined()
        client.send(
            "\(method) /baidu/\(path) HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\(lines)"
                + "Content-Length: \(body.utf8.count)\r\n\r\n\(body)")
        return Self.read(client.receiveAll())
    }

    /// A call of the workshop with a token that never expires.
    func workshop(_ endpoint: String, _ body: String, token: String = "24.mock-token") throws -> Reply {
        try baidu(
            "POST", "\(Self.workshopPath)\(endpoint)?access_token=\(token)", body,
            headers: ["Content-Type: application/json"])
    }

    /// A workshop chat with these messages.
    func ernie(
        _ messages: String, more: String = "", endpoint: String = "completions_pro", token: String = "24.mock-token"
    ) throws -> Reply {
        try workshop("chat/\(endpoint)", "{\"messages\":[\(messages)]\(more)}", token: token)
    }

    /// A workshop chat with one text.
    func tellERNIE(_ text: String, more: String = "", endpoint: String = "completions_pro") throws -> Reply {
        try ernie("{\"role\":\"user\",\"content\":\"\(text)\"}", more: more, endpoint: endpoint)
    }

    /// A call of the platform (version 2).
    func qianfan(
        _ route: String, _ body: String, key: String = "bce-v3/ALTAK-test/secret", headers: [String] = []
    ) throws -> Reply {
        try baidu("POST", "v2/\(route)", body, headers: ["Authorization: Bearer \(key)"] + headers)
    }

    /// A platform chat with these messages.
    func qianfanChat(
        _ messages: String, more: String = "", model: String = "ernie-4.0-8k", key: String = "bce-v3/ALTAK-test/secret"
    ) throws -> Reply {
        try qianfan("chat/completions", "{\"model\":\"\(model)\",\"messages\":[\(messages)]\(more)}", key: key)
    }

    /// A platform chat with one text.
    func tellQianfan(_ text: String, more: String = "", model: String = "ernie-4.0-8k") throws -> Reply {
        try qianfanChat("{\"role\":\"user\",\"content\":\"\(text)\"}", more: more, model: model)
    }
}

extension Mock.Reply {
    var result: String? { json?["result"]?.string }
    var errorCode: Int64? { json?["error_code"]?.int }
    var errorMessage: String? { json?["error_msg"]?.string }
}

extension JSON {
    /// The names of an object's members, in order.
    var names: [String] { object?.members.map(\.key) ?? [] }
}
