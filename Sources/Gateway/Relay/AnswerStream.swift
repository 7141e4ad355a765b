import Arithmetic
import Chat
import Formats
import HTTP
import JSON
import Providers

/// A stream on its way to the client: passed on as it comes where the upstream speaks the client's format, else decoded
/// and encoded.
enum AnswerStream {
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

    mutating func feed(_ bytes: [UInt8], into output: inout [UInt8]) {
        switch consume self {
        case .passing(var relay):
            relay.feed(bytes, into: &output)
            self = .passing(relay)
        case .translating(var stream):
            stream.feed(bytes, into: &output)
            self = .translating(stream)
        case .painting(var images):
            images.feed(bytes)
            self = .painting(images)
        }
    }

    /// - Parameter count: usage by what was produced, where the upstream did not tell it.
    mutating func finish(
        isCleanEnd: Bool, into output: inout [UInt8], count: ([UInt8]) -> Usage = { _ in Usage() }
    ) -> Outcome {
        switch consume self {
        case .passing(var relay):
            let outcome = relay.finish(isCleanEnd: isCleanEnd, into: &output)
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

/// A provider's stream → the client's, while the meter reads along.
struct TranslatedStream {
    private var decoder: any AnswerDecoder
    private var encoder: OpenAIStreamEncoder
    private var events: [ChatEvent] = []
    private var failure: UpstreamFailure?
    /// The client asked for it.
    let includesUsage: Bool
    private let legacy: LegacyFunctions?

    private(set) var usage: Usage?
    private(set) var produced: [UInt8] = []
    private(set) var received: Int64 = 0

    /// - Parameters:
    ///   - legacy: for a client that knows functions but no tools.
    ///   - imagesAsMarkdown: for clients that show nothing but text.
    init(
        _ decoder: any AnswerDecoder, includesUsage: Bool, fallback: AnswerHead, legacy: LegacyFunctions? = nil,
        imagesAsMarkdown: Bool = false
    ) {
        self.decoder = decoder
        self.includesUsage = includesUsage
        self.legacy = legacy
        encoder = OpenAIStreamEncoder(
            includesUsage: includesUsage, fallback: fallback, imagesAsMarkdown: imagesAsMarkdown)
    }

    var isOver: Bool { failure != nil || decoder.isOver }

    mutating func feed(_ bytes: [UInt8], into output: inout [UInt8]) {
        received = received.plus(Int64(bytes.count))
        decoder.feed(bytes, into: &events)
        takeEvents(&output)
    }

    mutating func takeProduced() -> [UInt8] {
        let taken = produced
        produced = []
        return taken
    }

    /// Takes an answer that came in one piece.
    mutating func take(_ answer: [ChatEvent], of bytes: Int, into output: inout [UInt8]) {
        received = received.plus(Int64(bytes))
        events += answer
        takeEvents(&output)
    }

    mutating func finish(
        isCleanEnd: Bool, into output: inout [UInt8], count: ([UInt8]) -> Usage
    ) -> AnswerStream.Outcome {
        if failure == nil {
            decoder.finish(isCleanEnd: isCleanEnd, into: &events)
            takeEvents(&output)
        }
        if let failure { return .failed(failure) }
        if usage == nil, includesUsage {
            let counted = count(produced)
            usage = counted
            encoder.encode(.usage(counted, original: nil), into: &output)
        }
        encoder.finish(into: &output)
        return .complete
    }

    private mutating func takeEvents(_ output: inout [UInt8]) {
        for step in events where failure == nil {
            guard let event = legacy == nil ? step : legacy?.map(step) else { continue }
            if case .failed(let found) = event {
                failure = found
                break
            }
            if case .usage(let reported, _) = event { usage = reported }
            event.appendProduced(to: &produced)
            encoder.encode(event, into: &output)
        }
        events.removeAll(keepingCapacity: true)
    }
}

extension ChatEvent {
    /// What the event adds to the answer, for counting.
    func appendProduced(to produced: inout [UInt8]) {
        switch self {
        case .textDelta(_, let text), .reasoningDelta(_, let text), .refusalDelta(_, let text),
            .toolCallArgumentsDelta(_, _, let text):
            produced.append(contentsOf: text.utf8)
        case .toolCallStarted(_, _, let call):
            produced.append(contentsOf: call.name.utf8)
            produced.append(contentsOf: call.arguments.utf8)
        default: break
        }
    }
}
