import Chat
import Formats
import JSON
import Providers
import Testing

@Suite("A request body that passes through")
struct PassThroughBodyTests {
    private func spliced(_ body: String, model: String = "m", prompt: String? = nil) throws -> String {
        let bytes = Array(body.utf8)
        let envelope = try ChatInspector(parser: JSONParser()).inspect(bytes)
        return String(
            decoding: OpenAIPassThrough.body(bytes, envelope: envelope, model: model, systemPrompt: prompt),
            as: UTF8.self)
    }

    @Test("is byte for byte the client's if nothing has to change")
    func unchanged() throws {
        let body = "{ \"x\":1e2, \"model\" : \"m\",\n\"messages\":[{\"role\":\"user\",\"content\":\"\\u00e9\"}]  }\n"
        #expect(try spliced(body) == body)
        let streaming =
            #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true}}"#
        #expect(try spliced(streaming) == streaming)
    }

    @Test(
        "changes the model, usage and prompt in place and keeps everything else",
        arguments: [
            (
                #"{"a":[1], "model" : "m" ,"messages":[{"role":"user","content":"x"}],"zz":{"model":"m"}}"#, "n\"1",
                nil,
                #"{"a":[1], "model" : "n\"1" ,"messages":[{"role":"user","content":"x"}],"zz":{"model":"m"}}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"user"}],"stream":true}"#, "m", nil,
                #"{"stream_options":{"include_usage":true},"model":"m","messages":[{"role":"user"}],"stream":true}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":null}"#, "m", nil,
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true}}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{ }}"#, "m", nil,
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true }}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":false,"y":1}}"#,
                "m", nil,
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true,"y":1}}"#
            ),
            (
                #"{"model":"m","messages":[ {"role":"user","content":"x"}]}"#, "m", "Be \"kind\"",
                #"{"model":"m","messages":[ {"role":"system","content":"Be \"kind\""},{"role":"user","content":"x"}]}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"system","content":[{"type":"text","text":"old"}],"name":"s"},{"role":"user"}]}"#,
                "m", "new",
                #"{"model":"m","messages":[{"role":"system","content":"new","name":"s"},{"role":"user"}]}"#
            ),
            (
                #"{"model":"m","messages":[{"content":"old","role":"developer"}]}"#, "m", "new",
                #"{"model":"m","messages":[{"content":"new","role":"developer"}]}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"s\u0079stem","content":"old"}]}"#, "m", "new",
                #"{"model":"m","messages":[{"role":"s\u0079stem","content":"new"}]}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"system"}]}"#, "m", "new",
                #"{"model":"m","messages":[{"content":"new","role":"system"}]}"#
            ),
        ] as [(String, String, String?, String)])
    func splices(_ body: String, _ model: String, _ prompt: String?, _ expected: String) throws {
        #expect(try spliced(body, model: model, prompt: prompt) == expected)
    }

    @Test(
        "has no stream_options where the upstream takes none",
        arguments: [
            (
                #"{"model":"m","messages":[{"role":"user"}],"stream":true,"stream_options":{"include_usage":true}}"#,
                #"{"model":"n","messages":[{"role":"user"}],"stream":true}"#
            ),
            (
                #"{"stream_options":null, "model":"m","messages":[{"role":"user"}],"stream":true}"#,
                #"{ "model":"n","messages":[{"role":"user"}],"stream":true}"#
            ),
            (
                #"{"model":"m","messages":[{"role":"user"}],"stream":true}"#,
                #"{"model":"n","messages":[{"role":"user"}],"stream":true}"#
            ),
        ])
    func withoutOptions(_ body: String, _ expected: String) throws {
        let envelope = try ChatInspector(parser: JSONParser()).inspect(Array(body.utf8))
        let sent = OpenAIPassThrough.body(
            Array(body.utf8), envelope: envelope, model: "n", asksForUsage: false, systemPrompt: nil)
        #expect(String(decoding: sent, as: UTF8.self) == expected)
    }

    @Test("puts the channel's prompt before a first message that says two things about itself")
    func ambiguousMessage() throws {
        let twice = #"{"model":"m","messages":[{"role":"system","content":"a","content":"b"}]}"#
        // The inspector refuses such a message. If it got here nevertheless, the channel's prompt must not be lost.
        #expect(throws: RequestError.self) { try spliced(twice, prompt: "new") }
        let bytes = Array(twice.utf8)
        var envelope = ChatEnvelope()
        envelope.model = "m"
        envelope.spans.messages = bytes.withUnsafeBytes { JSONSpans.find("messages", in: $0)?.valueRange } ?? 0..<0
        let body = OpenAIPassThrough.body(bytes, envelope: envelope, model: "m", systemPrompt: "new")
        #expect(
            String(decoding: body, as: UTF8.self)
                == #"{"model":"m","messages":[{"role":"system","content":"new"},{"role":"system","content":"a","content":"b"}]}"#
        )
    }

    @Test("equals the encoded form of the decoded request, with the model mapped", arguments: FixtureCase.streams)
    func agrees(_ fixture: FixtureCase) throws {
        let envelope = try ChatInspector(parser: JSONParser()).inspect(fixture.request)
        let passed = OpenAIPassThrough.body(fixture.request, envelope: envelope, model: "other", systemPrompt: nil)
        let encoded = try OpenAIRequestEncoder.encode(try OpenAIRequestDecoder.decode(fixture.request), model: "other")
        #expect(MergedAnswer.normal(try JSON.parse(passed)) == MergedAnswer.normal(try JSON.parse(encoded)))
    }
}
