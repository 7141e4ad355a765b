import HTTP

extension Claude {
    /// An error answer (spec/wire/anthropic.md §9).
    struct Failure: Error {
        var status = 400
        var type = "invalid_request_error"
        var message: String
        var headers: [(String, String)] = []

        static func invalid(_ message: String) -> Failure { Failure(message: message) }

        /// A refusal that names a field.
        static func at(_ path: String, _ message: String) -> Failure {
            Failure(message: path.isEmpty ? message : "\(path): \(message)")
        }

        static func missing(_ path: String) -> Failure { at(path, "Field required") }
        static func extra(_ path: String) -> Failure { at(path, "Extra inputs are not permitted") }

        /// The refusal of a tagged union's unknown tag.
        static func badTag(_ path: String, _ tag: String, _ expected: [String]) -> Failure {
            let list = expected.map { "'\($0)'" }.joined(separator: ", ")
            return at(
                path,
                "Input tag '\(tag.prefix(200))' found using 'type' does not match any of the expected tags: \(list)")
        }

        /// The refusal of a word that is not one of the choices.
        static func badChoice(_ path: String, _ choices: [String]) -> Failure {
            let quoted = choices.map { "'\($0)'" }
            let list = quoted.dropLast().joined(separator: ", ")
            return at(path, "Input should be \(quoted.count > 1 ? "\(list) or " : "")\(quoted.last ?? "")")
        }

        /// - Parameter id: the request's id, as in the header `request-id`.
        func bytes(id: String?) -> [UInt8] {
            var document = Document()
            document.object { root in
                root.member("type", "error")
                root.object("error") { error in
                    error.member("type", type)
                    error.member("message", message)
                }
                if let id { root.member("request_id", id) }
            }
            return document.bytes
        }
    }

    func answer(_ failure: Failure, _ call: Call) -> Answer {
        var ids = call.ids
        var headers = Self.headers(ids: &ids)
        for (name, value) in failure.headers { headers.set(name, value) }
        return Answer(
            status: failure.status, headers: headers, body: .whole(failure.bytes(id: headers["request-id"])))
    }

    func failure(named name: String, call: Call) -> Answer? {
        let model = call.identity.model ?? "claude-sonnet-4-5"
        let failure = Failure.catalogue(name, model: model, created: call.ids.created)
        return answer(failure ?? .invalid("MockProviders knows no error by the name '\(name)'."), call)
    }

    var midStreamFailure: [UInt8] {
        Array(
            """
            event: error
            data: {"type":"error","error":{"type":"overloaded_error","message":"Overloaded"},\
            "request_id":"req_011CVEA3SF7rnb3DuBZytqQa"}


            """.utf8)
    }
}
