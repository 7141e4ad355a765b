import Chat
import JSON
import Providers

/// A stream on its way to the client: passed on as it comes where the upstream speaks the client's format, else decoded
/// and encoded.
enum AnswerStream: Sendable {
    case passing(OpenAIStreamRelay)
    case translating(TranslatedStream)
    case painting(OpenAIImageStream)

    typealias Outcome = OpenAIStreamRelay.Outcome

    /// Whether there is no use in reading on.
    var isOver: Bool {
        switch self {
        case .passing(let relay): relay.isOver
        case .translating(let stream): stream.isOver
        case .painting(let images): images.isOver
        }
    }

    /// The last that the upstream said, perhaps of a part of the answer only.
    var usage: Usage? {
        switch self {
        case .passing(let relay): relay.usage
        case .translating(let stream): stream.usage
        case .painting(let images): images.usage
        }
    }

    /// What the answer's pieces add up to, as far as it may have to be counted.
    var produced: [UInt8] {
        switch self {
        case .passing(let relay): relay.produced
        case .translating(let stream): stream.produced
        case .painting: []
        }
    }

    /// Bytes of the upstream.
    var received: Int64 {
        switch self {
        case .passing(let relay): relay.received
        case .translating(let stream): stream.received
        case .painting(let images): images.received
        }
    }

    /// Bytes that are kept of an event that has not ended.
    var pending: Int {
        switch self {
        case .passing(let relay): relay.pending
        case .translating(let stream): stream.pending
        // Its events are read elsewhere.
        case .painting: 0
        }
    }

    /// Hands what was produced so far over, to be counted while the stream goes on.
    mutating func takeProduced() -> [UInt8] {
        switch consume self {
        case .passing(var relay):
            let taken = relay.takeProduced()
            self = .passing(relay)
            return taken
        case .translating(var stream):
            let taken = stream.takeProduced()
            self = .translating(stream)
            return taken
        case .painting(let images):
            self = .painting(images)
            return []
        }
    }

    mutating func feed(_ bytes: [UInt8], parser: JSONParser, into output: inout [UInt8]) {
        switch consume self {
        case .passing(var relay):
            relay.feed(bytes, parser: parser, into: &output)
            self = .passing(relay)
        case .translating(var stream):
            stream.feed(bytes, into: &output)
            self = .translating(stream)
        case .painting(var images):
            images.feed(bytes)
            self = .painting(images)
        }
    }

    /// Takes the last event, which may lack its blank line, where the upstream's message ended as framed.
    mutating func flush(parser: JSONParser, into output: inout [UInt8]) {
        switch consume self {
        case .passing(var relay):
            relay.flush(parser: parser, into: &output)
            self = .passing(relay)
        case .translating(var stream):
            stream.flush(into: &output)
            self = .translating(stream)
        case .painting(var images):
            images.flush()
            self = .painting(images)
        }
    }

    /// Ends a stream that was flushed.
    /// - Parameter count: usage by what was produced, where the upstream did not tell it.
    mutating func finish(
        isCleanEnd: Bool, parser: JSONParser, into output: inout [UInt8], count: ([UInt8]) -> Usage = { _ in Usage() }
    ) -> Outcome {
        switch consume self {
        case .passing(var relay):
            let outcome = relay.finish(isCleanEnd: isCleanEnd, parser: parser, into: &output)
            self = .passing(relay)
            return outcome
        case .translating(var stream):
            let outcome = stream.finish(isCleanEnd: isCleanEnd, into: &output, count: count)
            self = .translating(stream)
            return outcome
        case .painting(let images):
            self = .painting(images)
            return images.finish(isCleanEnd: isCleanEnd)
        }
    }
}
