import HTTP

extension Ali {
    /// An error by its native name. The compatible mode has other codes and texts for most of them (spec/wire/ali.md
    /// §8).
    struct Failure: Error, Equatable {
        var status = 400
        var code: String
        var message: String
        /// The code in the compatible mode, if it differs from `twin`'s.
        var compatibleCode: String?
        /// The model that the compatible mode's message names.
        var model = ""

        static func parameter(_ message: String) -> Failure { Failure(code: "InvalidParameter", message: message) }

        /// A parameter is missing or has the wrong type.
        static let badRequest = parameter(
            "Required parameter(s) missing or invalid, please check the request parameters.")

        /// The code, the type and the message in the compatible mode; `nil` where it answers as the native interface
        /// does.
        private var twin: (code: String, type: String, message: String?)? {
            let bad = "invalid_request_error"
            switch code {
            case "InvalidApiKey": return ("invalid_api_key", bad, "Incorrect API key provided. ")
            case "InvalidParameter", "InvalidURL", "UnsupportedOperation":
                return ("invalid_parameter_error", bad, nil)
            case _ where code.hasPrefix("BadRequest.Empty"): return ("invalid_parameter_error", bad, nil)
            case "DataInspectionFailed", "InvalidParameter.DataInspection":
                return ("data_inspection_failed", "data_inspection_failed", nil)
            case "Arrearage": return ("Arrearage", "Arrearage", nil)
            case "ModelNotFound":
                let message = "The model `\(model)` does not exist or you do not have access to it."
                return ("model_not_found", bad, message)
            case "AccessDenied", "AccessDenied.Unpurchased", "Model.AccessDenied", "Workspace.AccessDenied":
                return ("access_denied", "access_denied", nil)
            case "Throttling.BurstRate": return ("limit_burst_rate", "limit_burst_rate", nil)
            case "Throttling", "Throttling.RateQuota": return ("limit_requests", "limit_requests", nil)
            case "Throttling.AllocationQuota":
                let message = "You exceeded your current quota, please check your plan and billing details."
                return ("insufficient_quota", "insufficient_quota", message)
            case "InternalError", "InternalError.Algo", "InternalError.Timeout", "SystemError", "ModelServiceFailed":
                return ("internal_error", "internal_error", nil)
            case "ModelUnavailable", "ModelServingError": return ("service_unavailable", "service_unavailable", nil)
            default: return nil
            }
        }

        /// The error object in the layout of the compatible mode.
        func compatible(id: String) -> [UInt8] {
            guard let twin else { return native(id: id) }
            var document = Document()
            document.object { root in
                root.object("error") { error in
                    error.member("message", twin.message ?? message)
                    error.member("type", twin.type)
                    error.member("param", nil)
                    error.member("code", compatibleCode ?? twin.code)
                }
                root.member("request_id", id)
            }
            return document.bytes
        }

        /// - Parameter isTask: the task service writes the id first.
        func native(id: String, isTask: Bool = false) -> [UInt8] {
            var document = Document()
            document.object { root in
                if isTask { root.member("request_id", id) }
                root.member("code", code)
                root.member("message", message)
                if !isTask { root.member("request_id", id) }
            }
            return document.bytes
        }
    }

    func answer(_ failure: Failure, _ call: Call) -> Answer {
        let id = Self.identifier(call.ids)
        if dialect == .compatible {
            return Answer(
                status: failure.status, headers: Self.headers(call), body: .whole(failure.compatible(id: id)))
        }
        // An unknown key is refused before a stream begins. Later errors are events of a stream with status 200.
        if call.asksForEvents, failure.status != 401,
            call.route.hasPrefix("api/v1/services/")
                || call.route.hasPrefix("api/v1/apps/")
        {
            return Answer(
                headers: Self.headers(call, isStream: true),
                body: .events([Self.event(failure, number: 1, id: id)], end: []))
        }
        let isTask = call.route.hasPrefix("api/v1/tasks")
        return Answer(
            status: failure.status, headers: Self.headers(call),
            body: .whole(failure.native(id: id, isTask: isTask)))
    }

    /// The event that ends a stream with an error.
    static func event(_ failure: Failure, number: Int, id: String) -> [UInt8] {
        framed(failure.native(id: id), number: number, name: "error", status: failure.status)
    }

    /// An event of four lines and a blank one, without spaces behind the colons (§2.5).
    static func framed(_ json: [UInt8], number: Int, name: String = "result", status: Int = 200) -> [UInt8] {
        Array("id:\(number)\nevent:\(name)\n:HTTP_STATUS/\(status)\ndata:".utf8) + json + [0x0a, 0x0a]
    }
}
