import Arithmetic
import Chat
import Formats
import Providers

/// Translates a provider's stream into the client's, and counts it for the meter.
struct TranslatedStream: Sendable {
    private var decoder: any AnswerDecoder
    private var encoder: OpenAIStreamEncoder
    private var events: [ChatEvent] = []
    private var failure: UpstreamFailure?
    /// The client asked for the usage.
    let includesUsage: Bool
    private let legacy: LegacyFunctions?

    private(set) var usage: Usage?
    private(set) var produced: [UInt8] = []
    private(set) var received: Int64 = 0

    /// - Parameters:
    ///   - legacy: set for a client that knows functions but no tools.
    ///   - imagesAsMarkdown: set for clients that show only text.
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
    var pending: Int { decoder.pending }

    mutating func feed(_ bytes: [UInt8], into output: inout [UInt8]) {
        received = received.plus(Int64(bytes.count))
        decoder.feed(bytes, into: &events)
        takeEvents(&output)
    }

    /// Handles the last event, which may lack its blank line. Only for messages that ended as their framing says.
    mutating func flush(into output: inout [UInt8]) {
        decoder.flush(into: &events)
        takeEvents(&output)
    }

    mutating func takeProduced() -> [UInt8] {
        let taken = produced
        produced = []
        return taken
    }

    /// Handles an answer that came as a whole.
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
