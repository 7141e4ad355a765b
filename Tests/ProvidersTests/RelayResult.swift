import Chat
import JSON
import Providers
import Testing

/// All that a relay of a stream gives, to the client and to the meter.
struct RelayResult: Equatable {
    var output: [UInt8] = []
    var outcome: OpenAIStreamRelay.Outcome = .cut
    var usage: Usage?
    var produced: [UInt8] = []

    init(of pieces: [[UInt8]], hidesUsage: Bool, isCleanEnd: Bool = true, parser: JSONParser = JSONParser()) {
        var relay = OpenAIStreamRelay(hidesUsage: hidesUsage)
        for piece in pieces { relay.feed(piece, parser: parser, into: &output) }
        outcome = relay.finish(isCleanEnd: isCleanEnd, parser: parser, into: &output)
        (usage, produced) = (relay.usage, relay.produced)
    }

    /// The payloads that the client gets.
    var payloads: [[UInt8]] { MergedAnswer.payloads(output) }
    /// What the client makes of them, without the usage.
    var answer: JSON {
        var merged = MergedAnswer.ofStream(output).object ?? JSONObject()
        merged["usage"] = nil
        return .object(merged)
    }
}

/// A stream in OpenAI's format, of OpenAI's or of Azure's fixtures, and how it ends.
struct RelayCase: Sendable, CustomTestStringConvertible {
    let testDescription: String
    let stream: [UInt8]
    /// `complete`, `cut` or `failed`.
    let outcome: String

    static let azure = ProviderCase.streams.filter { $0.folder.hasPrefix("Azure/") }
    static let all =
        FixtureCase.streams.map { RelayCase($0.name, $0.stream, $0.outcome) }
        + azure.map { RelayCase($0.folder, $0.stream, $0.outcome) }

    private init(_ name: String, _ stream: [UInt8]?, _ outcome: String) {
        (testDescription, self.stream, self.outcome) = (name, stream ?? [], outcome)
    }
}

extension [UInt8] {
    /// LF for each line end that is CR LF or CR, or CR LF for each LF where there are no others.
    var withOtherLineEnds: [UInt8] {
        guard contains(0x0d) else { return flatMap { $0 == 0x0a ? [0x0d, 0x0a] : [$0] } }
        var output: [UInt8] = []
        for (byte, previous) in zip(self, [0] + self) where byte != 0x0a || previous != 0x0d {
            output.append(byte == 0x0d ? 0x0a : byte)
        }
        return output
    }

    /// Where the events of a stream end, but for the last.
    var eventEnds: [Int] {
        let blanks: [[UInt8]] = [[0x0a, 0x0a], [0x0d, 0x0a, 0x0d, 0x0a], [0x0d, 0x0d]]
        var ends: [Int] = []
        while let end = blanks.compactMap({ self[(ends.last ?? 0)...].firstRange(of: $0)?.upperBound }).min(),
            end < count
        {
            ends.append(end)
        }
        return ends
    }
}
