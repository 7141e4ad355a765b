import Chat
import JSON
import Providers

/// Streams that pass through: the same bytes, end and counts at any split; every event a line with an object; `[DONE]`
/// once, last, and only of a whole answer.
struct RelayTarget: FuzzTarget {
    let name = "passed-through streams"
    let samples = fixtures("OpenAI", "stream.sse") + fixtures("Azure", "stream.sse")
    private let parser = JSONParser()

    private struct Result: Equatable {
        var output: [UInt8] = []
        var outcome = OpenAIStreamRelay.Outcome.cut
        var usage: Usage?
        var produced: [UInt8] = []
    }

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let hidesUsage = generator.below(2) == 0
        let isCleanEnd = generator.below(4) > 0
        let whole = relay([input], hidesUsage, isCleanEnd)
        guard relay(generator.split(input), hidesUsage, isCleanEnd) == whole else { return "another result in pieces" }
        if case .failed(let failure) = whole.outcome, let complaint = complaint(about: failure) { return complaint }
        return complaint(about: whole.usage) ?? flaw(in: whole.output, isComplete: whole.outcome == .complete)
    }

    private func relay(_ pieces: [[UInt8]], _ hidesUsage: Bool, _ isCleanEnd: Bool) -> Result {
        var relay = OpenAIStreamRelay(hidesUsage: hidesUsage)
        var result = Result()
        for piece in pieces { relay.feed(piece, parser: parser, into: &result.output) }
        result.outcome = relay.finish(isCleanEnd: isCleanEnd, parser: parser, into: &result.output)
        (result.usage, result.produced) = (relay.usage, relay.produced)
        return result
    }

    private func flaw(in output: [UInt8], isComplete: Bool) -> String? {
        var lines = output.split(separator: 0x0a, omittingEmptySubsequences: false)
        guard lines.popLast()?.isEmpty == true else { return output.isEmpty && !isComplete ? nil : "half a line" }
        for (index, line) in lines.enumerated() where index % 2 == 1 && !line.isEmpty { return "an event of two lines" }
        guard lines.count % 2 == 0 else { return "an event without its blank line" }
        for (index, line) in lines.enumerated() where index % 2 == 0 {
            guard line.starts(with: "data: ".utf8) else { return "a line that is no data" }
            let payload = Array(line.dropFirst(6))
            let isEnd = payload.elementsEqual("[DONE]".utf8)
            guard isEnd == (isComplete && index == lines.count - 2) else { return "[DONE] is not where the end is" }
            guard isEnd || (try? JSON.parse(payload))?.object != nil else { return "an event that is no object" }
        }
        return nil
    }
}

/// Whole answers that pass through: what the meter reads of them.
struct MeterTarget: FuzzTarget {
    let name = "passed-through answers"
    let samples = fixtures("OpenAI", "response.json") + fixtures("Azure", "response.json")
    private let parser = JSONParser()

    func check(_ input: [UInt8], _ generator: inout Generator) -> String? {
        let status = [200, 201, 302, 999][generator.below(4)]
        do throws(UpstreamFailure) {
            let answer = try OpenAIAnswer.read(input, status: status, contentType: nil, parser: parser)
            if answer.usage != nil, !answer.produced.isEmpty { return "text was kept although usage is known" }
            return complaint(about: answer.usage)
        } catch {
            return complaint(about: error)
        }
    }
}
