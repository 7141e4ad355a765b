import HTTP

extension Baidu {
    /// An error answer: its values, and the part of the service that writes it (spec/wire/baidu.md §5).
    struct Failure: Error, Equatable {
        enum Layer: Equatable {
            /// The workshop: status 200 with `error_code`.
            case workshop(code: Int)
            /// The token endpoint: `error` and `error_description`.
            case token(error: String)
            /// The signed console calls, which repeat the error in headers.
            case console(code: String, inHeader: String)
            /// The platform: a real status and an `error` object.
            case platform(type: String, code: String)
        }

        var layer: Layer
        var status = 200
        var message: String

        static func workshop(_ code: Int, _ message: String) -> Failure {
            Failure(layer: .workshop(code: code), message: message)
        }

        static func token(_ error: String, _ description: String) -> Failure {
            Failure(layer: .token(error: error), status: 401, message: description)
        }

        static func platform(_ status: Int, _ type: String, _ code: String, _ message: String) -> Failure {
            Failure(layer: .platform(type: type, code: code), status: status, message: message)
        }

        /// A 400 of the platform.
        static func request(_ code: String, _ message: String) -> Failure {
            platform(400, "invalid_request_error", code, message)
        }

        /// A parameter has the wrong type.
        static func kind(_ name: String, _ dialect: Dialect) -> Failure {
            switch dialect {
            case .workshop where name == "system": workshop(336104, "Invalid Argument: system")
            case .workshop where name == "user_setting": workshop(336105, "Invalid Argument: user_setting")
            case .workshop: workshop(336001, "Invalid Argument")
            case .platform: request("malformed_json", "Invalid Argument")
            }
        }

        /// A parameter is outside its range.
        static func value(_ message: String, _ dialect: Dialect) -> Failure {
            dialect == .workshop ? workshop(336003, message) : request("invalid_argument", message)
        }
    }

    static func answer(_ failure: Failure, _ call: Call) -> Answer {
        var ids = call.ids
        let id = identifier(&ids)
        var headers = HTTPHeaders()
        var document = Document()
        document.object { root in
            switch failure.layer {
            case .workshop(let code):
                headers = Self.headers(call)
                root.member("error_code", code)
                root.member("error_msg", failure.message)
                // Only the models' part of the service has ids. The front door's refusals have none.
                if code >= 336_000 { root.member("id", id) }
            case .token(let error):
                headers = ["content-type": "application/json"]
                root.member("error_description", failure.message)
                root.member("error", error)
            case .console(let code, let text):
                headers = ["content-type": "application/json"]
                headers.add("X-Bce-Error-Code", code)
                headers.add("X-Bce-Error-Message", text)
                headers.add("X-Bce-Request-Id", ids.random.hex(32))
                root.member("code", code)
                root.member("message", failure.message)
                root.member("requestId", headers["X-Bce-Request-Id"])
            case .platform(let type, let code):
                headers = Self.headers(call)
                root.object("error") { error in
                    error.member("code", code)
                    error.member("message", failure.message)
                    error.member("type", type)
                }
                root.member("id", id)
            }
        }
        return Answer(status: failure.status, headers: headers, body: .whole(document.bytes))
    }
}
