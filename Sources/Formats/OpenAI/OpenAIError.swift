package import Chat
package import JSON

/// The error object that OpenAI's clients read (spec/wire/openai.md §12).
package enum OpenAIError {
    /// `{"error":{"message","type","param","code"}}`; all four members are always there.
    /// - Parameter inner: an additional member, such as Azure's `innererror`.
    package static func body(
        message: String, type: String, parameter: String? = nil, code: UpstreamFailure.Code = .none,
        inner: JSONObject? = nil
    ) -> [UInt8] {
        var writer = JSONWriter()
        writer.beginObject()
        writer.key("error")
        writer.beginObject()
        writer.key("message")
        writer.string(message)
        writer.key("type")
        writer.string(type)
        writer.key("param")
        if let parameter { writer.string(parameter) } else { writer.null() }
        writer.key("code")
        switch code {
        case .none: writer.null()
        case .text(let text): writer.string(text)
        case .number(let text): writer.raw(Array(text.utf8))
        }
        if let inner { writer.members(of: inner) }
        writer.endObject()
        writer.endObject()
        return writer.finish()
    }

    /// The error object for a failure of the upstream.
    package static func body(_ failure: UpstreamFailure) -> [UInt8] {
        body(
            message: failure.message, type: failure.type, parameter: failure.parameter, code: failure.code,
            inner: failure.inner?.value.object)
    }

    /// The error object for an invalid request, which has status 400.
    package static func body(_ error: RequestError) -> [UInt8] {
        body(
            message: error.message, type: "invalid_request_error", parameter: error.parameter,
            code: .text(error.code.rawValue))
    }

    /// The error as an event of a stream that has already begun.
    package static func event(_ body: [UInt8]) -> [UInt8] {
        Array("data: ".utf8) + body + Array("\n\n".utf8)
    }
}
