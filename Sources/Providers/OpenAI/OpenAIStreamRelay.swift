import Arithmetic
package import Chat
import HTTP
package import JSON

/// Passes a stream of OpenAI's format on while the meter reads along.
///
/// Each event comes out as `data: …` and a blank line with its payload unchanged, except that usage is hidden from a
/// client who did not ask for it, and that what Azure's filter says outside of choices is dropped (`AzureFilter`). `[DONE]`
/// comes out once, from `finish`, and nothing after it.
package struct OpenAIStreamRelay {
    /// How the stream ended.
    package enum Outcome: Equatable {
        case complete
        /// Without its end: what came is not the whole answer.
        case cut
        case failed(UpstreamFailure)
    }

    private let hidesUsage: Bool
    private let parser: JSONParser
    private var events: SSEParser
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
    /// What the answer's pieces add up to; kept only until the usage of the whole has come.
    package private(set) var produced: [UInt8] = []
    /// Bytes of the upstream.
    package private(set) var received: Int64 = 0

    /// - Parameter eventLimit: bytes of one event.
    package init(hidesUsage: Bool, parser: JSONParser, eventLimit: Int = 4 << 20) {
        self.hidesUsage = hidesUsage
        self.parser = parser
        events = SSEParser(limit: eventLimit)
    }

    /// Whether there is no use in reading on.
    package var isOver: Bool { isDone || failure != nil }

    /// Takes bytes of the upstream and appends what the client gets.
    package mutating func feed(_ bytes: [UInt8], into output: inout [UInt8]) {
        received = received.plus(Int64(bytes.count))
        // Taken out while it runs, since its callback changes the rest of this value.
        var splitter = SSEParser()
        swap(&splitter, &events)
        bytes.withUnsafeBytes { buffer in
            splitter.feed(buffer) { _, data in take(data, &output) }
        }
        events = splitter
        if events.isOverLimit, failure == nil {
            failure = OpenAIErrors.eventTooLarge
        }
    }

    /// Hands what was produced so far over, to be counted while the stream goes on.
    package mutating func takeProduced() -> [UInt8] {
        let taken = produced
        produced = []
        return taken
    }

    /// Ends the stream.
    /// - Parameter isCleanEnd: the upstream's message ended as framed, not by a broken connection.
    package mutating func finish(isCleanEnd: Bool, into output: inout [UInt8]) -> Outcome {
        if let failure { return .failed(failure) }
        // Some vendors end without [DONE]; a finish reason and an orderly end are as good.
        // An end without a beginning is no answer.
        guard isDone && hasBegun || (isCleanEnd && finishedChoices > highestChoice) else { return .cut }
        output.append(contentsOf: "data: [DONE]\n\n".utf8)
        return .complete
    }

    private mutating func take(_ data: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
        guard !isOver else { return }
        if data.starts(with: "[DONE]".utf8) {
            isDone = true
            return
        }
        let root: JSONView
        do throws(JSONError) { root = try parser.parse(data) } catch {
            failure = OpenAIErrors.eventNotJSON
            return
        }
        guard root.isObject else {
            failure = OpenAIErrors.eventNotJSON
            return
        }
        if OpenAIAnswer.mayBeError(root), let value = try? LazyJSON.parse(data),
            let hidden = OpenAIErrors.hidden(in: value)
        {
            failure = hidden
            return
        }
        read(root, data, &output)
    }

    private mutating func read(_ root: JSONView, _ data: UnsafeRawBufferPointer, _ output: inout [UInt8]) {
        var hasChoices = false
        var lacksDelta = false
        root["choices"]?.forEachElement { choice in
            hasChoices = true
            hasBegun = true
            highestChoice = max(highestChoice, choice["index"]?.int ?? 0)
            // Some vendors write "" where null is meant.
            if choice["finish_reason"]?.withUTF8({ !$0.isEmpty }) == true { finishedChoices = finishedChoices.plus(1) }
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
        if let reported = OpenAIAnswer.usage(usageMember) {
            usage = reported
            // Beside a choice it may be of the beginning only.
            if !hasChoices {
                isUsageFinal = true
                produced = []
            }
        }
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
