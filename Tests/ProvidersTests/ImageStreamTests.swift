import Chat
import JSON
import Testing

@testable import Providers

@Suite struct ImageStreamTests {
    private func run(_ text: String, isCleanEnd: Bool = true, limit: Int = 48 << 20, step: Int = 7) -> (
        OpenAIImageStream, String, OpenAIImageStream.Outcome
    ) {
        var stream = OpenAIImageStream(eventLimit: limit)
        var output: [UInt8] = []
        let bytes = Array(text.utf8)
        for start in Swift.stride(from: 0, to: bytes.count, by: step) {
            stream.feed(Array(bytes[start..<min(start + step, bytes.count)]))
            while let event = stream.next() {
                stream.take(OpenAIImageStream.read(event, parser: JSONParser()), of: event, into: &output)
            }
        }
        return (stream, String(decoding: output, as: UTF8.self), stream.finish(isCleanEnd: isCleanEnd))
    }

    private static let preview = """
        event: image_generation.partial_image
        data: {"type":"image_generation.partial_image","b64_json":"AA","partial_image_index":0}


        """
    private static let picture = """
        event: image_generation.completed
        data: {"type":"image_generation.completed","b64_json":"BB","quality":"low","usage":{"input_tokens":3,"output_tokens":272}}


        """

    @Test("passes events on unchanged, however the bytes are split", arguments: [1, 2, 3, 50, 1000])
    func passes(step: Int) {
        let (stream, output, outcome) = run(Self.preview + ": comment\n\n" + Self.picture, step: step)
        #expect(output == Self.preview + Self.picture)
        #expect(outcome == .complete)
        #expect(stream.previews == 1 && stream.pictures == 1 && stream.quality == "low")
        #expect(stream.usage?.promptTokens == 3 && stream.usage?.imageCompletionTokens == 272)
    }

    @Test("adds up the usage of several pictures")
    func several() {
        let (stream, _, outcome) = run(Self.picture + Self.picture + "data: [DONE]\n\n", isCleanEnd: false)
        #expect(outcome == .complete)
        #expect(stream.pictures == 2 && stream.usage?.completionTokens == 544)
    }

    @Test("a stream without a picture, or one that breaks off, counts as cut")
    func cut() {
        #expect(run(Self.preview).2 == .cut)
        #expect(run("").2 == .cut)
        #expect(run(Self.picture, isCleanEnd: false).2 == .cut)
        #expect(run(Self.preview + "data: [DONE]\n\n").2 == .cut)
    }

    static let failures: [(String, String)] = [
        (#"{"error":{"message":"m","type":"server_error","code":null}}"#, "m"),
        (#"{"type":"error","error":{"message":"n","type":"x"}}"#, "n"), ("{", "not JSON"), ("[]", "not JSON"),
    ]

    @Test("an error or an invalid event ends the stream, and nothing after it is passed on", arguments: failures)
    func failure(data: String, words: String) {
        let (stream, output, outcome) = run(Self.preview + "data: \(data)\n\n" + Self.picture)
        guard case .failed(let failure) = outcome else { return #expect(Bool(false), "\(outcome)") }
        #expect(failure.message.contains(words))
        #expect(output == Self.preview)
        #expect(stream.pictures == 0 && stream.isOver)
    }

    @Test("an event with several data lines is passed on with one")
    func lines() {
        let (stream, output, _) = run("data: {\"type\":\ndata: \"image_edit.completed\"}\n\n")
        #expect(output == "data: {\"type\": \"image_edit.completed\"}\n\n")
        #expect(stream.pictures == 1 && stream.usage == nil)
    }

    @Test("an event of type error without an error object ends the stream too")
    func bareError() {
        let (_, output, outcome) = run(#"data: {"type":"error","code":"x","message":"m"}"# + "\n\n" + Self.picture)
        #expect(output.isEmpty && outcome != .complete)
    }

    @Test("picture tokens are counted apart from text tokens, as far as the upstream reports them")
    func details() throws {
        let usage = """
            {"input_tokens":110,"input_tokens_details":{"image_tokens":100,"cached_tokens":7},"output_tokens":300,\
            "output_tokens_details":
            """
        for (details, expected) in [(#"{"image_tokens":250}"#, 250), (#"{"text_tokens":28}"#, 272), ("null", 300)] {
            let data = #"{"type":"image_generation.completed","size":"1x2","usage":"# + usage + details + "}}"
            let (stream, _, _) = run("data: \(data)\n\n")
            let told = try #require(stream.usage)
            #expect(told.imageCompletionTokens == Int64(expected), "\(details)")
            #expect(told.imagePromptTokens == 100 && told.cachedTokens == 7)
            #expect(stream.size == "1x2" && stream.received == Int64(data.utf8.count + 8))
        }
    }

    @Test("an event beyond the limit ends the stream")
    func tooLarge() {
        let (_, output, outcome) = run("data: " + String(repeating: "x", count: 5000) + "\n\n", limit: 1000)
        #expect(output.isEmpty)
        #expect(outcome == .failed(OpenAIErrors.eventTooLarge))
    }
}
