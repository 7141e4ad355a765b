import Arithmetic
package import Chat
import HTTP
package import JSON

/// Passes a stream of pictures on while the meter reads along (spec/wire/openai.md §7): each event as it came, by its
/// name. Events are large, so that they are taken apart here, looked at by `read`, which may run anywhere, and go out by
/// `take`.
package struct OpenAIImageStream {
    package typealias Outcome = OpenAIStreamRelay.Outcome

    /// An event that nobody has looked at yet.
    package struct Event: Sendable {
        package let name: [UInt8]
        package let data: [UInt8]
    }

    /// What an event says.
    package enum Reading: Sendable {
        case preview
        case picture(Usage?, size: String?, quality: String?)
        case other
        case end
        case failed(UpstreamFailure)
    }

    private var splitter: SSEParser
    private var waiting: ArraySlice<Event> = []
    private var failure: UpstreamFailure?
    private var isDone = false

    /// Of all pictures; `nil` until the upstream says.
    package private(set) var usage: Usage?
    package private(set) var pictures: Int64 = 0
    package private(set) var previews: Int64 = 0
    package private(set) var received: Int64 = 0
    package private(set) var size: String?
    package private(set) var quality: String?

    /// - Parameter eventLimit: bytes of one event, which is a picture.
    package init(eventLimit: Int = 48 << 20) { splitter = SSEParser(limit: eventLimit) }

    package var isOver: Bool { failure != nil || isDone }

    package mutating func feed(_ bytes: [UInt8]) {
        received = received.plus(Int64(bytes.count))
        var parts = SSEParser()
        swap(&parts, &splitter)
        bytes.withUnsafeBytes { buffer in
            parts.feed(buffer) { name, data in waiting.append(Event(name: Array(name), data: Array(data))) }
        }
        splitter = parts
        if splitter.isOverLimit, failure == nil { failure = OpenAIErrors.eventTooLarge }
    }

    /// The next event to be looked at.
    package mutating func next() -> Event? { isOver ? nil : waiting.popFirst() }

    package static func read(_ event: Event, parser: JSONParser) -> Reading {
        if event.data.starts(with: "[DONE]".utf8) { return .end }
        guard let root = try? parser.parse(event.data), root.isObject else { return .failed(OpenAIErrors.eventNotJSON) }
        let type = root["type"]?.string ?? ""
        if root["error"].map({ !$0.isNull }) == true || type == "error", let value = try? LazyJSON.parse(event.data),
            let hidden = OpenAIErrors.hidden(in: value)
        {
            return .failed(hidden)
        }
        if type.hasSuffix(".partial_image") { return .preview }
        guard type.hasSuffix(".completed") else { return .other }
        return .picture(
            OpenAIAnswer.paintedUsage(root["usage"]), size: root["size"]?.string, quality: root["quality"]?.string)
    }

    package mutating func take(_ reading: Reading, of event: Event, into output: inout [UInt8]) {
        switch reading {
        case .preview: previews = previews.plus(1)
        case .picture(let told, let size, let quality):
            pictures = pictures.plus(1)
            (self.size, self.quality) = (size, quality)
            if let told { usage = usage.map { $0.adding(told) } ?? told }
        case .other: break
        case .end:
            isDone = true
            return
        case .failed(let found):
            failure = found
            return
        }
        if !event.name.isEmpty { output += Array("event: ".utf8) + event.name + [0x0a] }
        output += "data: ".utf8
        output += event.data.contains(0x0a) ? event.data.map { $0 == 0x0a ? 0x20 : $0 } : event.data
        output += "\n\n".utf8
    }

    /// Ends the stream, which has no event of its own for that.
    package func finish(isCleanEnd: Bool) -> Outcome {
        if let failure { return .failed(failure) }
        return pictures > 0 && (isCleanEnd || isDone) ? .complete : .cut
    }
}

extension OpenAIAnswer {
    /// Reads the usage of pictures; `nil` if it is absent or all zero.
    static func paintedUsage(_ value: JSONView?) -> Usage? {
        guard let value, value.isObject else { return nil }
        func number(_ value: JSONView?) -> Int64? {
            if let int = value?.int { return min(max(0, int), Usage.most) }
            return value?.double.flatMap { $0 > 0 && $0 < 1e12 ? Int64($0) : nil }
        }
        let input = value["input_tokens_details"]
        let output = number(value["output_tokens"]) ?? 0
        var usage = Usage(
            promptTokens: number(value["input_tokens"]) ?? 0, completionTokens: output,
            cachedTokens: number(input?["cached_tokens"]) ?? 0)
        usage.imagePromptTokens = number(input?["image_tokens"]) ?? 0
        let details = value["output_tokens_details"]
        // Unless it is said, what a model paints is pictures.
        usage.imageCompletionTokens =
            number(details?["image_tokens"]) ?? output.minus(number(details?["text_tokens"]) ?? 0)
        return usage.totalTokens > 0 ? usage : nil
    }

    /// A whole answer's pictures.
    package struct Pictures: Sendable {
        package var usage: Usage?
        /// `nil` where the answer is no list.
        package var count: Int64?
        package var size: String?
        package var quality: String?
    }

    /// - Throws: what the body is instead of an answer.
    package static func pictures(
        _ body: [UInt8], status: Int, contentType: String?, parser: JSONParser
    ) throws(UpstreamFailure) -> Pictures {
        _ = try OpenAIErrors.checkedUsage(of: body, status: status, contentType: contentType, parser: parser)
        var pictures = Pictures()
        guard let root = try? parser.parse(body) else { return pictures }
        pictures.usage = paintedUsage(root["usage"])
        if let data = root["data"], data.isArray { pictures.count = Int64(data.arrayCount) }
        pictures.size = root["size"]?.string
        pictures.quality = root["quality"]?.string
        return pictures
    }

    /// A whole answer as the events of a stream, for a client that asked for one where the upstream did not.
    package static func pictureEvents(_ body: [UInt8]) -> [UInt8] {
        guard let root = try? JSON.parse(body) else { return [] }
        let data = root["data"]?.array ?? []
        var output: [UInt8] = []
        for (index, picture) in data.enumerated() {
            var event: JSONObject = ["type": "image_generation.completed"]
            for member in picture.object?.members ?? [] { event.append(member.key, member.value) }
            if let created = root["created"] { event.append("created_at", created) }
            for name in ["size", "quality", "background", "output_format"] {
                if let value = root[name] { event.append(name, value) }
            }
            if index == data.count - 1, let usage = root["usage"] { event.append("usage", usage) }
            output += "event: image_generation.completed\ndata: ".utf8
            output += JSON.object(event).encoded()
            output += "\n\n".utf8
        }
        return output
    }
}
