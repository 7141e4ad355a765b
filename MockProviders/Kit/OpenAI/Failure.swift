import HTTP

/// An error answer: its values, and the layer of the service that writes it (spec/wire/openai.md §12).
struct Failure: Error {
    enum Layer {
        /// The layer that checks parameters: two spaces of indentation, no line end, `openai-*` headers.
        case model
        /// The layer of routing and access: four spaces, a line end, no `openai-*` headers.
        case front
    }

    var status = 400
    var type = "invalid_request_error"
    var code: String?
    var param: String?
    var message: String
    var layer = Layer.model
    var headers: [(String, String)] = []

    static func invalid(_ message: String, param: String? = nil, code: String? = nil) -> Failure {
        Failure(code: code, param: param, message: message)
    }

    var bytes: [UInt8] {
        var document = Document(indent: layer == .model ? 2 : 4)
        document.object { document in
            document.object("error") { error in
                error.member("message", message)
                error.member("type", type)
                error.member("param", param)
                error.member("code", code)
            }
        }
        return layer == .model ? document.bytes : document.bytes + [0x0a]
    }
}

extension OpenAI {
    func answer(_ failure: Failure, _ call: Call) -> Answer {
        var ids = call.ids
        var headers: HTTPHeaders
        switch failure.layer {
        case .model: headers = Self.headers(type: "application/json", ids: &ids)
        case .front:
            headers = ["content-type": "application/json; charset=utf-8", "vary": "Origin"]
            headers.add("x-request-id", "req_" + ids.random.hex(32))
        }
        for (name, value) in failure.headers { headers.set(name, value) }
        return Answer(status: failure.status, headers: headers, body: .whole(failure.bytes))
    }

    func failure(named name: String, call: Call) -> Answer? {
        let model = call.identity.model ?? "gpt-4o"
        guard let failure = Failure.catalogue(name, model: model, key: call.identity.key ?? "") else {
            let unknown = Failure(status: 400, message: "MockProviders knows no error by the name '\(name)'.")
            return answer(unknown, call)
        }
        return answer(failure, call)
    }

    var midStreamFailure: [UInt8] {
        Array(
            """
            data: {"error":{"message":"The server had an error while processing your request. Sorry about that!",\
            "type":"server_error","param":null,"code":null}}


            """.utf8)
    }
}
