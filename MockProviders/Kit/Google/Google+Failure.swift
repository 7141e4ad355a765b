import HTTP
import JSON

extension Google {
    /// An error answer.
    struct Failure: Error {
        let code: Int
        let status: String
        var message: String
        var details: [JSON] = []
        /// A page of Google's front end is sent instead of JSON.
        var isPage = false

        static func invalid(_ message: String, details: [JSON] = []) -> Failure {
            Failure(code: 400, status: "INVALID_ARGUMENT", message: message, details: details)
        }

        /// A refusal that lists broken rules of the request, each with the service's bullet.
        static func rules(_ type: String, _ messages: [String]) -> Failure {
            invalid(messages.map { "* \(type).\($0)\n" }.joined())
        }

        static func denied(_ message: String) -> Failure {
            Failure(code: 403, status: "PERMISSION_DENIED", message: message)
        }

        static func page(_ code: Int = 404) -> Failure {
            Failure(code: code, status: "", message: "", isPage: true)
        }

        /// A refusal that lists what the parser of proto-JSON found.
        static func violations(_ found: [(field: String, description: String)]) -> Failure {
            let listed = found.map { violation -> JSON in
                var object = JSONObject()
                if !violation.field.isEmpty { object.append("field", .string(violation.field)) }
                object.append("description", .string(violation.description))
                return .object(object)
            }
            return invalid(
                found.map(\.description).joined(separator: "\n"),
                details: [detail("BadRequest", ["fieldViolations": .array(listed)])])
        }

        static func badJSON(_ excerpt: String) -> Failure {
            violations([("", "Invalid JSON payload received. Unexpected token.\n\(excerpt)\n^")])
        }

        var document: JSON {
            var error: JSONObject = ["code": .int(code), "message": .string(message), "status": .string(status)]
            if !details.isEmpty { error.append("details", .array(details)) }
            return ["error": .object(error)]
        }

        static func detail(_ type: String, _ members: JSONObject) -> JSON {
            var object: JSONObject = ["@type": .string("type.googleapis.com/google.rpc.\(type)")]
            for member in members.members { object.append(member.key, member.value) }
            return .object(object)
        }

        static func info(_ reason: String) -> JSON {
            detail(
                "ErrorInfo",
                [
                    "reason": .string(reason), "domain": "googleapis.com",
                    "metadata": ["service": "generativelanguage.googleapis.com"],
                ])
        }

        static func help(_ description: String, _ url: String) -> JSON {
            detail("Help", ["links": [["description": .string(description), "url": .string(url)]]])
        }

        static func localized(_ message: String) -> JSON {
            detail("LocalizedMessage", ["locale": "en-US", "message": .string(message)])
        }
    }

    /// - Parameter isList: the answer would have been a list, so that the error is sent in a list too.
    static func answer(_ failure: Failure, _ call: Call, isList: Bool = false) -> Answer {
        if failure.isPage {
            return Answer(
                status: failure.code,
                headers: ["content-type": "text/html; charset=UTF-8", "referrer-policy": "no-referrer"],
                body: .whole(Array(page(failure.code, path: call.path).utf8)))
        }
        let body = failure.document.encodedPretty()
        return answer(
            isList ? Array("[".utf8) + body + Array("\n]".utf8) : body + [0x0a], status: failure.code, headers(call))
    }
}
