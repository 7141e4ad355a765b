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
        if (try? parser.parse(body)) != nil, let root = try? JSON.parse(body),
            root.object != nil || root.array != nil || ErrorSentence.of(root) != nil
        {
            failure = described(root, status: status)
        } else {
            failure = notJSON(body, status: status, contentType: headers["Content-Type"], rayID: headers["cf-ray"])
        }
        failure.retryAfter =
            failure.retryAfter ?? RetryAfter.read(headers) ?? (status == 429 ? RetryAfter.read(failure.message) : nil)
        return failure
    }

    /// The usage of a whole answer other than a chat's, passed on as it is; `nil` if it does not say.
    /// - Throws: what the body is instead of an answer.
    package static func checkedUsage(
        of body: [UInt8], status: Int, contentType: String?, parser: JSONParser
    ) throws(UpstreamFailure) -> Usage? {
        guard let root = try? parser.parse(body), root.isObject else {
            throw notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if root["error"].map({ !$0.isNull }) == true, let value = try? LazyJSON.parse(body),
            let failure = hidden(in: value)
        {
            throw failure
        }
        return OpenAIAnswer.usage(root["usage"])
    }

    /// The error that an answer hides behind a status of success; `nil` if it is an answer.
    /// - Parameter needsChoices: whether an answer without `choices` is none, as for whole answers.
    static func hidden(in root: LazyJSON, needsChoices: Bool = false) -> UpstreamFailure? {
        if let error = root["error"], isTrue(error.json) { return insideSuccess(root.json) }
        guard root["choices"]?.isArray != true else { return nil }
        // The last event of a stream may only report the usage, with words about its success.
        if !needsChoices, root["usage"]?.isObject == true, (root["code"]?.int ?? 0) == 0 { return nil }
        let whole = root.json
        if whole["object"]?.string == "error" || ErrorSentence.members.contains(where: { says(whole[$0]) }) {
            return insideSuccess(whole)
        }
        return needsChoices ? missing("choices") : nil
    }

    /// Says what an answer is that lacks the member of every answer: the error that its body reports, in whatever shape, or
    /// else a failure that names the member.
    static func missing(_ member: String, in root: LazyJSON) -> UpstreamFailure { hidden(in: root) ?? missing(member) }

    private static func missing(_ member: String) -> UpstreamFailure {
        UpstreamFailure(
            kind: .notTheProvider, status: 502, message: "The upstream's answer has no \(member).",
            code: .text("bad_upstream_response"))
    }

    /// Whether a member of an answer without choices tells of an error.
    private static func says(_ value: JSON?) -> Bool { ErrorSentence.of(value) != nil }

    /// As the official SDK sees it: `"error": ""` or `{}` is none.
    private static func isTrue(_ error: JSON) -> Bool {
        switch error {
        case .null: false
        case .bool(let flag): flag
        case .number(let number): number.double != 0
        case .string(let text): !text.isEmpty
        case .array(let items): !items.isEmpty
        case .object(let object): !object.members.isEmpty
        }
    }

    static func insideSuccess(_ root: JSON) -> UpstreamFailure {
        let error = ErrorSentence.object(in: root)
        if GeminiErrors.isGoogles(error) {
            let code = error["code"]?.int.map { Int(clamping: $0) } ?? 502
            return GeminiErrors.read(error, status: (400..<600).contains(code) ? code : 502)
        }
        var failure = described(root, status: 500, isInsideSuccess: true)
        if failure.message.isEmpty { failure.message = "The upstream reported an error without a message." }
        (failure.kind, failure.status) =
            switch (failure.type, failure.code.text) {
            case ("insufficient_quota", _), (_, "insufficient_quota"): (.quotaExceeded, 429)
            case (_, "rate_limit_exceeded"), ("rate_limit_error", _): (.rateLimited, 429)
            case (_, "invalid_api_key"), ("authentication_error", _): (.authentication, 401)
            case (_, "content_filter"), (_, "content_policy_violation"), (_, "context_length_exceeded"):
                (.badRequest, 400)
            case ("invalid_request_error", _): (.badRequest, 400)
            default:
                // Some put the HTTP status into the code, Azure beside it too.
                if let status = Int(failure.code.text) ?? error["status"]?.int.map({ Int(clamping: $0) }),
                    (400..<600).contains(status)
                {
                    (kind(status: status, code: "", type: failure.type), status)
                } else {
                    (.server, 502)
                }
            }
        // What stands for a missing type goes by the kind, which is known only now.
        if text(error["type"]) ?? text(root["type"]) == nil { failure.type = Self.type(failure.kind) }
        translate(&failure, of: error, status: nil)
        return failure
    }

    /// Says it in OpenAI's words, where the vendor has one of its own.
    private static func translate(_ failure: inout UpstreamFailure, of error: JSON, status: Int?) {
        guard let word = VendorWord.of(error, status: status) else { return }
        (failure.kind, failure.status, failure.type) = (word.kind, word.status, type(word.kind))
        if let code = word.code { failure.code = .text(code) }
    }

    private static func described(_ root: JSON, status: Int, isInsideSuccess: Bool = false) -> UpstreamFailure {
        let error = ErrorSentence.object(in: root)
        if GeminiErrors.isGoogles(error) { return GeminiErrors.read(error, status: status) }
        let nested = text(root["header"]?["message"]) ?? text(root["response"]?["error"]?["message"])
        let message = ErrorSentence.ofMembers(root) ?? nested
        var failure = make(error, message: message, status: status)
        failure.parameter = failure.parameter ?? ErrorSentence.field(of: root).map { sanitized($0, limit: 200) }
        failure.retryAfter = RetryAfter.read(error)
        if !isInsideSuccess { translate(&failure, of: error, status: status) }
        return failure
    }

    private static func make(_ error: JSON, message: String?, status: Int) -> UpstreamFailure {
        // The type of a problem document (RFC 9457) is an address, which tells a client nothing.
        let type = text(error["type"]).flatMap { $0.contains(":") ? nil : $0 } ?? ""
        let code: UpstreamFailure.Code =
            switch error["code"] {
            // Azure's front ends repeat the status there.
            case .string(let text) where text == String(status): statusWords[status].map { .text($0) } ?? .none
            case .string(let text) where !text.isEmpty: .text(sanitized(text, limit: 100))
            case .number(let number): .number(number.text)
            default: error["message"] == nil ? .text("bad_response_status_code") : .none
            }
        let message = message ?? "The upstream answered with status \(status) and no message."
        guard !isPage(message) else {
            return notJSON(Array(message.utf8), status: status, contentType: nil, rayID: nil)
        }
        let kind = kind(status: status, code: code.text, type: type)
        var failure = UpstreamFailure(
            kind: kind, status: status, message: sanitized(message, limit: 4096),
            type: type.isEmpty ? Self.type(kind) : sanitized(type, limit: 100),
            parameter: (text(error["param"]) ?? unknownArgument(message)).map { sanitized($0, limit: 200) },
            code: code)
        failure.inner = innerError(of: error)
        return failure
    }

    /// Of Azure's inner error what tells the category that was hit; nothing else of it is for a client. Chats and pictures
    /// call it differently (spec/wire/azure.md §6.1).
    private static func innerError(of error: JSON) -> Opaque? {
        for (name, member) in [("innererror", "content_filter_result"), ("inner_error", "content_filter_results")] {
            guard let inner = error[name], let result = inner[member], result.object != nil,
                result.encoded().count < 4096
            else { continue }
            var kept = JSONObject()
            if let code = text(inner["code"]) { kept.append("code", .string(sanitized(code, limit: 100))) }
            kept.append(member, result)
            return Opaque(.openAI, .object([name: .object(kept)]))
        }
        return nil
    }

    private static let statusWords = [401: "invalid_api_key", 429: "rate_limit_exceeded"]

    /// The field that the message names, where the error itself does not.
    private static func unknownArgument(_ message: String) -> String? {
        let start = "Unrecognized request argument supplied: "
        guard message.hasPrefix(start) else { return nil }
        return String(message.dropFirst(start.count).prefix { $0.isLetter || $0.isNumber || $0 == "_" || $0 == "." })
    }

    /// OpenAI's word for an error whose sender gives none.
    static func type(_ kind: UpstreamFailure.Kind) -> String {
        switch kind {
        case .badRequest, .authentication, .permission, .notFound: "invalid_request_error"
        case .rateLimited: "rate_limit_error"
        case .quotaExceeded: "insufficient_quota"
        case .overloaded, .server: "server_error"
        case .notTheProvider, .brokenOff, .unreachable, .timedOut, .misconfigured: "upstream_error"
        }
    }

    static func kind(status: Int, code: String, type: String) -> UpstreamFailure.Kind {
        if code == "insufficient_quota" || type == "insufficient_quota" { return .quotaExceeded }
        return switch status {
        case _ where code == "invalid_api_key": .authentication
        case 401: .authentication
        case 402: .quotaExceeded
        case 403: .permission
        case 404: .notFound
        case 408, 504, 524: .timedOut
        case 429: .rateLimited
        case 503, 529: .overloaded
        case 400..<500: .badRequest
        case 500...: .server
        default: .notTheProvider
        }
    }

    private static func text(_ value: JSON?) -> String? {
        guard let text = value?.string, !text.isEmpty else { return nil }
        return text
    }
}
