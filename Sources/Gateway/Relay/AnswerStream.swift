import Chat
import JSON
import Providers

/// A stream to the client. It is passed on unchanged if the upstream uses the client's format; otherwise it is decoded
/// and encoded.
enum AnswerStream: Sendable {
    case passing(OpenAIStreamRelay)
    case translating(TranslatedStream)
    case painting(OpenAIImageStream)

    typealias Outcome = OpenAIStreamRelay.Outcome

    /// Whether everything that may still follow can be ignored.
    var isOver: Bool {
        switch self {
        case .passing(let relay): relay.isOver
        case .translating(let stream): stream.isOver
        case .painting(let images): images.isOver
        }
    }

    /// The usage that the upstream reported last. It may be that of a part of the answer.
    var usage: Usage? {
        switch self {
        case .passing(let relay): relay.usage
        case .translating(let stream): stream.usage
        case .painting(let images): images.usage
        }
    }

    /// The text of the answer so far, if it may have to be counted.
    var produced: [UInt8] {
        switch self {
        case .passing(let relay): relay.produced
        case .translating(let stream): stream.produced
        case .painting: []
        }
    }

    /// The number of bytes that the upstream sent.
    var received: Int64 {
        switch self {
        case .passing(let relay): relay.received
        case .translating(let stream): stream.received
        case .painting(let images): images.received
        }
    }

    /// The number of bytes kept for an event that has not ended.
    var pending: Int {
        switch self {
        case .passing(let relay): relay.pending
        case .translating(let stream): stream.pending
        // `readPictures` reads its events.
        case .painting: 0
        }
    }

    /// Removes and returns the text so far, so that it can be counted while the stream continues.
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

    /// Handles the last event, which may lack its blank line. Only for messages that ended as their framing says.
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

    /// Ends the stream after `flush`.
    /// - Parameter count: the usage by our own count, if the upstream did not report it.
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
