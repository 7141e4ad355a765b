import JSON
import TestKit
import Testing

/// One folder of `Fixtures/OpenAI/chat`: a request, what the upstream answered, and the expected result.
struct FixtureCase: Sendable, CustomTestStringConvertible {
    let name: String
    let request: [UInt8]
    /// A whole answer; `nil` if it streams.
    let response: [UInt8]?
    let stream: [UInt8]?
    let expected: JSON

    var testDescription: String { name }

    static let all: [FixtureCase] = Fixture.folders("OpenAI/chat").map { FixtureCase(name: $0) }
    static let streams = all.filter { $0.stream != nil }
    static let wholes = all.filter { $0.response != nil }

    private init(name: String) {
        self.name = name
        let folder = "OpenAI/chat/" + name
        request = Fixture.read(folder + "/request.json")
        response = Fixture.bytes(folder + "/response.json")
        stream = Fixture.bytes(folder + "/stream.sse")
        expected = Fixture.bytes(folder + "/expected.json").flatMap { try? JSON.parse($0) } ?? .null
    }
}

extension FixtureCase {
    var outcome: String { expected["outcome"]?.string ?? "" }
    /// The tokens of the prompt, the completion, the cache and the reasoning; `nil` if the upstream reports no usage.
    var usage: [Int64]? {
        guard let usage = expected["usage"], !usage.isNull else { return nil }
        return ["prompt", "completion", "cached", "reasoning"].map { usage[$0]?.int ?? -1 }
    }
}
