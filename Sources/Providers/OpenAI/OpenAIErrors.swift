package import Chat
package import HTTP
package import JSON

/// Reads the errors of OpenAI and of those who imitate it (spec/wire/openai.md §12, spec/relay.md §8).
package enum OpenAIErrors {
    /// An answer with an error status.
    package static func failure(
        status: Int, headers: HTTPHeaders, body: [UInt8], parser: JSONParser
    ) -> UpstreamFailure {
        var failure: UpstreamFailure
        if let root = try? parser.parse(body), root.isObject {
            failure = described(root, status: status)
        } else {
            failure = notJSON(
                body, status: status, contentType: headers["Content-Type"], rayID: headers["cf-ray"])
        }
        failure.retryAfter = retryAfter(headers)
        return failure
    }

    private static func described(_ root: JSONView, status: Int) -> UpstreamFailure {
        if let error = root["error"], error.isObject, let message = message(error["message"]) {
            return make(error, message: message, status: status)
        }
        if let text = message(root["error"]) { return make(nil, message: text, status: status) }
        for name: StaticString in ["message", "msg", "err", "error_msg", "detail"] {
            if let text = message(root[name]) { return make(nil, message: text, status: status) }
        }
        let nested = message(root["header"]?["message"]) ?? message(root["response"]?["error"]?["message"])
        return make(nil, message: nested ?? "The upstream answered with status \(status) and no message.", status: status)
    }

    /// An error object in an answer whose status said success, or in a stream.
    static func insideSuccess(_ error: JSONView) -> UpstreamFailure {
        let text = error.isObject ? message(error["message"]) : message(error)
        var failure = make(
            error.isObject ? error : nil, message: text ?? "The upstream reported an error without a message.", status: 500)
        switch (failure.type, failure.code.text) {
        case ("insufficient_quota", _), (_, "insufficient_quota"): (failure.kind, failure.status) = (.quotaExceeded, 429)
        case (_, "rate_limit_exceeded"), ("rate_limit_error", _): (failure.kind, failure.status) = (.rateLimited, 429)
        case (_, "invalid_api_key"), ("authentication_error", _): (failure.kind, failure.status) = (.authentication, 401)
        case ("invalid_request_error", _): (failure.kind, failure.status) = (.badRequest, 400)
        default: (failure.kind, failure.status) = (.server, 502)
        }
        return failure
    }

    /// Anything that is not the provider's JSON, named for what it is.
    package static func notJSON(
        _ body: [UInt8], status: Int, contentType: String?, rayID: String?
    ) -> UpstreamFailure {
        let head = String(decoding: body.prefix(2048), as: UTF8.self)
        let what: String
        if body.isEmpty {
            what = "an empty body"
        } else if head.lowercased().contains("<html") || head.lowercased().contains("<!doctype html")
            || contentType?.lowercased().hasPrefix("text/html") == true
        {
            what = "a web page" + (title(of: head).map { " titled \"\($0)\"" } ?? "")
        } else {
            what = "\(body.count) bytes that are not JSON" + (contentType.map { " (\(sanitized($0, limit: 60)))" } ?? "")
        }
        let ray = rayID.map { " (cf-ray \(sanitized($0, limit: 40)))" } ?? ""
        let isSuccess = status < 400
        return UpstreamFailure(
            kind: isSuccess ? .notTheProvider : kind(status: status, code: "", type: ""),
            status: isSuccess ? 502 : status,
            message: "The upstream answered with status \(status) and \(what)\(ray) where JSON was due.",
            code: .text("bad_upstream_response"))
    }

    private static func title(of page: String) -> String? {
        guard let start = page.lowercased().firstRange(of: "<title>"), let end = page.lowercased().firstRange(of: "</title>"),
            start.upperBound <= end.lowerBound
        else { return nil }
        let title = sanitized(String(page[start.upperBound..<end.lowerBound]), limit: 100)
        return title.isEmpty ? nil : title
    }

    private static func make(_ error: JSONView?, message: String, status: Int) -> UpstreamFailure {
        let type = error?["type"]?.string ?? "upstream_error"
        let code: UpstreamFailure.Code
        if let text = error?["code"]?.string {
            code = .text(sanitized(text, limit: 100))
        } else if let number = error?["code"]?.int {
            code = .number(String(number))
        } else {
            code = error == nil ? .text("bad_response_status_code") : .none
        }
        return UpstreamFailure(
            kind: kind(status: status, code: code.text, type: type), status: status,
            message: sanitized(message, limit: 4096), type: sanitized(type, limit: 100),
            parameter: error?["param"]?.string.map { sanitized($0, limit: 200) }, code: code)
    }

    private static func kind(status: Int, code: String, type: String) -> UpstreamFailure.Kind {
        switch status {
        case 401: .authentication
        case 403: .permission
        case 404: .notFound
        case 408, 504, 524: .timedOut
        case 429: code == "insufficient_quota" || type == "insufficient_quota" ? .quotaExceeded : .rateLimited
        case 503, 529: .overloaded
        case 400..<500: .badRequest
        case 500...: .server
        default: .notTheProvider
        }
    }

    private static func message(_ value: JSONView?) -> String? {
        guard let text = value?.string, !text.isEmpty else { return nil }
        return text
    }

    private static func retryAfter(_ headers: HTTPHeaders) -> Int? {
        if let text = headers["retry-after-ms"], let milliseconds = Double(text), milliseconds > 0, milliseconds < 1e9 {
            return Int((milliseconds / 1000).rounded(.up))
        }
        guard let text = headers["retry-after"], let seconds = Double(text), seconds > 0, seconds < 1e6 else { return nil }
        return Int(seconds.rounded(.up))
    }
}

/// The one gate through which an upstream's text reaches a client: bounded, without control characters, keys and
/// addresses masked.
package func sanitized(_ text: String, limit: Int) -> String {
    var output = ""
    var count = 0
    for scalar in text.unicodeScalars {
        if count >= limit { break }
        let isControl = scalar.value < 0x20 && scalar.value != 0x0a && scalar.value != 0x09 || scalar.value == 0x7f
        output.unicodeScalars.append(isControl ? " " : scalar)
        count += 1
    }
    return maskKeys(output)
}

/// Replaces the inside of anything that looks like an API key.
private func maskKeys(_ text: String) -> String {
    guard text.contains("sk-") else { return text }
    var output = ""
    var rest = text[...]
    while let range = rest.firstRange(of: "sk-") {
        output += rest[..<range.upperBound]
        let tail = rest[range.upperBound...]
        let key = tail.prefix { $0.isLetter || $0.isNumber || $0 == "-" || $0 == "_" || $0 == "*" }
        output += key.count >= 12 ? "***" : key
        rest = tail[key.endIndex...]
    }
    return output + rest
}
