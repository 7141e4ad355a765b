import HTTP

extension Zhipu {
    /// A refusal in both languages, for both versions of the API.
    struct Failure: Error {
        /// The code's digits. Version 4 writes them as a string.
        let code: Int
        var status: Int
        let english: String
        let chinese: String
        /// The outer server refused the request; it has no codes.
        var page: String?

        static func missing(_ field: String) -> Failure {
            Failure(
                code: 1213, status: 400, english: "\(field) parameter not received properly",
                chinese: "未正常接收到 \(field) 参数。")
        }

        static func invalid(_ field: String) -> Failure {
            let english =
                field == "messages" || field == "prompt"
                ? "The \(field) parameter is illegal. Please check the documentation."
                : "Invalid \(field) parameter. Please check the documentation"
            return Failure(code: 1214, status: 400, english: english, chinese: "\(field) 参数非法。请检查文档。")
        }

        static func unsupported(_ method: String) -> Failure {
            Failure(
                code: 1212, status: 400, english: "Current model does not support \(method) call method",
                chinese: "当前模型不支持 \(method) 调用方式")
        }

        static func repeated(_ request: String) -> Failure {
            Failure(
                code: 1231, status: 400, english: "You already have a request: \(request)",
                chinese: "您已有请求：\(request)")
        }

        static let unknownPath = Failure(code: 404, status: 404, english: "", chinese: "", page: "Not Found")
        static let badMethod = Failure(code: 405, status: 405, english: "", chinese: "", page: "Method Not Allowed")

        /// The text in the language that the client accepts. The default on the Chinese host is Chinese.
        func message(_ call: Call) -> String {
            let isEnglish = call.headers["Accept-Language"]?.lowercased().hasPrefix("en") ?? false
            return isEnglish ? english : chinese
        }

        /// The error in the form of version 4 (spec/wire/zhipu.md §7).
        func answer(_ call: Call) -> Answer {
            var ids = call.ids
            let id = Zhipu.identifier(&ids)
            var document = Document(reserving: 256)
            if let page {
                document.object { root in
                    root.member("timestamp", Zhipu.pageTime(ids.created))
                    root.member("status", status)
                    root.member("error", page)
                    root.member("path", Self.innerPath(call.path))
                }
                return Answer(
                    status: status, headers: ["content-type": "application/json"], body: .whole(document.bytes))
            }
            document.object { root in
                root.object("error") { error in
                    error.member("code", "\(code)")
                    error.member("message", message(call))
                }
            }
            return Answer(status: status, headers: Zhipu.headers(id: id), body: .whole(document.bytes))
        }

        /// The path as the inner server sees it, such as `/v4/x`.
        private static func innerPath(_ path: String) -> String {
            for prefix in ["/zhipu/api/paas", "/zhipu/api/coding/paas", "/zhipu"] where path.hasPrefix(prefix) {
                return String(path.dropFirst(prefix.utf8.count))
            }
            return path
        }
    }
}
