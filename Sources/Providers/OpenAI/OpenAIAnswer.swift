package import Chat
package import JSON

/// What the meter needs of an answer in OpenAI's format.
package struct OpenAIAnswer: Sendable {
    /// `nil` if the upstream did not say, or said zero.
    package var usage: Usage?
    /// Text, reasoning and tool calls of all choices, for counting where usage is missing.
    package var produced: [UInt8] = []
    /// The body where the upstream's own is not JSON for every reader: halves of surrogate pairs stood alone in it.
    package var mended: [UInt8]?

    /// As many as a client may ask for.
    static let mostChoices = 128

    /// Reads a whole answer.
    /// - Throws: what the body is instead: an error object inside a 200, a web page, broken JSON.
    package static func read(
        _ body: [UInt8], status: Int, contentType: String?, parser: JSONParser
    ) throws(UpstreamFailure) -> OpenAIAnswer {
        let root: JSONView
        do throws(JSONError) { root = try parser.parse(body) } catch {
            guard let mended = LoneSurrogates.replaced(in: body) else {
                throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
            }
            var answer = try read(mended, status: status, contentType: contentType, parser: parser)
            answer.mended = mended
            return answer
        }
        guard root.isObject else {
            throw OpenAIErrors.notJSON(body, status: status, contentType: contentType, rayID: nil)
        }
        if mayBeError(root), let value = try? LazyJSON.parse(body),
            let failure = OpenAIErrors.hidden(in: value, needsChoices: true)
        {
            throw failure
        }
        var answer = OpenAIAnswer()
        answer.usage = chatUsage(root["usage"]) ?? choiceUsage(root)
        if answer.usage == nil {
            root["choices"]?.forEachElement { choice in
                if let message = choice["message"] { append(message, to: &answer.produced) }
                _ = choice["text"]?.withUTF8 { answer.produced.append(contentsOf: $0) }
            }
        }
        return answer
    }

    /// Whether `OpenAIErrors.hidden` has to look closer.
    static func mayBeError(_ root: JSONView) -> Bool {
        root["error"].map { !$0.isNull } ?? false || root["choices"]?.isArray != true
    }

    /// Appends what a message or delta adds to the answer.
    static func append(_ message: JSONView, to produced: inout [UInt8]) {
        if message["content"]?.withUTF8({ produced.append(contentsOf: $0) }) == nil {
            message["content"]?.forEachElement { part in
                _ = part["text"]?.withUTF8 { produced.append(contentsOf: $0) }
            }
        }
        for name: StaticString in ["reasoning_content", "reasoning", "refusal"] {
            _ = message[name]?.withUTF8 { produced.append(contentsOf: $0) }
        }
        message["tool_calls"]?.forEachElement { call in
            for kind: StaticString in ["function", "custom"] {
                guard let function = call[kind] else { continue }
                for name: StaticString in ["name", "arguments", "input"] {
                    _ = function[name]?.withUTF8 { produced.append(contentsOf: $0) }
                }
            }
        }
        if let call = message["function_call"] {
            _ = call["name"]?.withUTF8 { produced.append(contentsOf: $0) }
            _ = call["arguments"]?.withUTF8 { produced.append(contentsOf: $0) }
        }
    }
}
