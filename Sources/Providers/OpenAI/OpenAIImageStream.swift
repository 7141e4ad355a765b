import Arithmetic
package import Chat
import HTTP
package import JSON

/// Passes a stream of pictures on while the meter reads along (spec/wire/openai.md §7): each event as it came, by its
/// name. Events are large, so that they are taken apart here, looked at by `read`, which may run anywhere, and go out by
/// `take`.
package struct OpenAIImageStream: Sendable {
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

    private var events: SSEParser
    private var waiting: ArraySlice<Event> = []
    private var failure: UpstreamFailure?
    private var isDone = false
    /// The events that wait are the last, of which half a one is none.
    private var isFlushed = false

    /// Of all pictures; `nil` until the upstream says.
    package private(set) var usage: Usage?
    package private(set) var pictures: Int64 = 0
    package private(set) var previews: Int64 = 0
    package private(set) var received: Int64 = 0
    package private(set) var size: String?
    package private(set) var quality: String?

    /// - Parameter eventLimit: bytes of one event, which is a picture.
    package init(eventLimit: Int = TransportLimits.answerBytes) {
        events = SSEParser(limit: eventLimit, quirks: .bareLineFeeds)
    }

    package var isOver: Bool { failure != nil || isDone }

    package mutating func feed(_ bytes: [UInt8]) {
        received = received.plus(Int64(bytes.count))
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while events.next(in: buffer, &position) { wait() }
        }
        if events.isOverLimit, failure == nil { failure = OpenAIErrors.eventTooLarge }
    }

    /// Takes the last event, which may lack its blank line, where the upstream's message ended as framed.
    package mutating func flush() {
        isFlushed = true
        while events.end() { wait() }
    }

    private mutating func wait() { waiting.append(Event(name: events.name, data: events.takeData())) }

    /// The next event to be looked at.
    package mutating func next() -> Event? { isOver ? nil : waiting.popFirst() }

    package static func read(_ event: Event, parser: JSONParser) -> Reading {
        if event.data.starts(with: "[DONE]".utf8) { return .end }
        // Halves of surrogate pairs go on as they came.
        let read =
            (try? parser.parse(event.data)) ?? LoneSurrogates.replaced(in: event.data).flatMap { try? parser.parse($0) }
        guard let root = read, root.isObject else { return .failed(OpenAIErrors.eventNotJSON) }
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
            if !isFlushed || found.code != OpenAIErrors.eventNotJSON.code { failure = found }
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
