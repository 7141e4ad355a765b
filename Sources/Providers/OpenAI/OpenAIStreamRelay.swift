import Arithmetic
package import Chat
import HTTP
package import JSON

/// Passes a stream of OpenAI's format on while the meter reads along.
///
/// Each event comes out as `data: …` and a blank line with its payload unchanged, except that usage which only the meter
/// asked for is hidden, that what Azure's filter says outside of choices is dropped (`AzureFilter`), and that halves of
/// surrogate pairs are mended (`LoneSurrogates`). `[DONE]` comes out once, from `finish`, and nothing after it.
package struct OpenAIStreamRelay: Sendable {
    /// How the stream ended.
    package enum Outcome: Equatable, Sendable {
        case complete
        /// Without its end: what came is not the whole answer.
        case cut
        case failed(UpstreamFailure)
    }

    private let hidesUsage: Bool
    private var events: SSEParser
    private var surrogates = LoneSurrogates()
    private var isDone = false
    private var hasBegun = false
    /// The usage is of the whole answer.
    package private(set) var isUsageFinal = false
    private var finishedChoices: Int64 = 0
    /// Index of the last choice seen: all up to it must finish.
    private var highestChoice: Int64 = 0
    private var failure: UpstreamFailure?
    /// Set by the first chunk of a filter's, since only such streams have choices to repair.
    private var filter: AzureFilter?

    package private(set) var usage: Usage?
    /// What choices tell of themselves, where nothing else does, as at Moonshot.
    private var choiceUsage: [Int64: Usage] = [:]
    private var isUsageTold = false
    /// What the answer's pieces add up to; kept only until the usage of the whole has come.
    package private(set) var produced: [UInt8] = []
    /// Bytes of the upstream.
    package private(set) var received: Int64 = 0

    /// - Parameters:
    ///   - hidesUsage: whether the usage was asked for on the meter's behalf, and not by the client.
    ///   - eventLimit: bytes of one event.
    package init(hidesUsage: Bool, eventLimit: Int = TransportLimits.answerBytes) {
        self.hidesUsage = hidesUsage
        events = SSEParser(limit: eventLimit, quirks: [.bareLineFeeds, .bareJSON])
    }

    /// Whether there is no use in reading on.
    package var isOver: Bool { isDone || failure != nil }

    /// Bytes that are kept of an event that has not ended.
    package var pending: Int { events.pending }

    /// Takes bytes of the upstream and appends what the client gets.
    package mutating func feed(_ bytes: [UInt8], parser: JSONParser, into output: inout [UInt8]) {
        received = received.plus(Int64(bytes.count))
        bytes.withUnsafeBytes { buffer in
            var position = 0
            while !isOver, events.next(in: buffer, &position) {
                if !takeEvent(parser, &output) { failure = OpenAIErrors.eventNotJSON }
            }
        }
        if events.isOverLimit, failure == nil { failure = OpenAIErrors.eventTooLarge }
    }

    /// Takes the last event, which may lack its blank line, where the upstream's message ended as framed.
    package mutating func flush(parser: JSONParser, into output: inout [UInt8]) {
        // Half an event is none.
        while !isOver, events.end() { _ = takeEvent(parser, &output) }
    }

    /// Hands what was produced so far over, to be counted while the stream goes on.
    package mutating func takeProduced() -> [UInt8] {
        let taken = produced
        produced = []
        return taken
    }

    /// Ends the stream.
    /// - Parameter isCleanEnd: the upstream's message ended as framed, not by a broken connection: the stream is flushed.
    package mutating func finish(isCleanEnd: Bool, parser: JSONParser, into output: inout [UInt8]) -> Outcome {
        if isCleanEnd { flush(parser: parser, into: &output) }
        if let failure { return .failed(failure) }
        // Some vendors end without [DONE]; a finish reason and an orderly end are as good.
        // An end without a beginning is no answer.
        guard isDone && hasBegun || (isCleanEnd && finishedChoices > highestChoice) else {
            // Some servers tell an error in a line without `data:`.
            let stray = events.stray.isEmpty ? nil : try? LazyJSON.parse(events.stray)
            return stray.flatMap { OpenAIErrors.hidden(in: $0) }.map { .failed($0) } ?? .cut
        }
        output.append(contentsOf: "data: [DONE]\n\n".utf8)
        return .complete
    }

    /// - Returns: whether the event is JSON.
    private mutating func takeEvent(_ parser: JSONParser, _ output: inout [UInt8]) -> Bool {
        let data = events.takeData()
        var isRead = data.withUnsafeBytes { take($0, parser, &output) }
        if !isRead, let mended = surrogates.joined(data) {
            isRead = mended.withUnsafeBytes { take($0, parser, &output) }
        }
        events.reuse(data)
        return isRead
    }

    private mutating func take(_ data: UnsafeRawBufferPointer, _ parser: JSONParser, _ output: inout [UInt8]) -> Bool {
        if data.starts(with: "[DONE]".utf8) {
            isDone = true
            return true
        }
        guard let root = try? parser.parse(data), root.isObject else { return false }
        if OpenAIAnswer.mayBeError(root), let value = try? LazyJSON.parse(data),
            let hidden = OpenAIErrors.hidden(in: value)
        {
            failure = hidden
        } else {
            read(root, data, &output)
        }
        return true
    }

    private mutating func read(_ root: JSONView, _ data: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
        var hasChoices = false
        var lacksDelta = false
        root["choices"]?.forEachElement { choice in
            hasChoices = true
            hasBegun = true
            let index = choice["index"]?.int ?? 0
            highestChoice = max(highestChoice, index)
            // Some vendors write "" where null is meant.
            if choice["finish_reason"]?.withUTF8({ !$0.isEmpty }) == true { finishedChoices = finishedChoices.plus(1) }
            if let counted = OpenAIAnswer.chatUsage(choice["usage"]),
                (0..<Int64(OpenAIAnswer.mostChoices)).contains(index)
            {
                choiceUsage[index] = counted
            }
            guard let delta = choice["delta"] else {
                lacksDelta = true
                return
            }
            if !isUsageFinal { OpenAIAnswer.append(delta, to: &produced) }
        }
        let usageMember = root["usage"]
        if !hasChoices, usageMember?.isNull ?? true, AzureFilter.isHeadless(root) {
            if filter == nil { filter = AzureFilter() }
            return
        }
        if lacksDelta, AzureFilter.isVerdict(root) {
            guard let repaired = (filter ?? AzureFilter()).repaired(data, hidesUsage: hidesUsage) else { return }
            return repaired.withUnsafeBytes { emit($0, &output) }
        }
        if hasChoices { filter?.remember(root) }
        if let reported = OpenAIAnswer.chatUsage(usageMember) {
            (usage, isUsageTold) = (reported, true)
            // Beside a choice it may be of the beginning only.
            if !hasChoices {
                isUsageFinal = true
                produced = []
            }
        }
        if !choiceUsage.isEmpty, !isUsageTold { usage = OpenAIAnswer.sum(of: choiceUsage) }
        guard hidesUsage, let usageMember else { return emit(data, &output) }
        if !hasChoices, !usageMember.isNull { return }
        guard let member = JSONSpans.find("usage", in: data) else { return emit(data, &output) }
        let removal = JSONSpans.removal(of: member, in: data)
        output.append(contentsOf: "data: ".utf8)
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: data[..<removal.lowerBound]))
        output.append(contentsOf: UnsafeRawBufferPointer(rebasing: data[removal.upperBound...]))
        output.append(contentsOf: "\n\n".utf8)
    }

    private func emit(_ data: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
        output.append(contentsOf: "data: ".utf8)
        if data.contains(0x0a) {
            // An event of several data lines; its line feeds lie between JSON tokens and may as well be spaces.
            output.append(contentsOf: data.map { $0 == 0x0a ? 0x20 : $0 })
        } else {
            output.append(contentsOf: data)
        }
        output.append(contentsOf: "\n\n".utf8)
    }
}
