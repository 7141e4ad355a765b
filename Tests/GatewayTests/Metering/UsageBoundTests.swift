import Chat
import JSON
import TestTraits
import Testing

@testable import Gateway

/// No honest usage is cut, however unusual; a false one is cut to the largest possible value.
@Suite(.inTurn) struct UsageBoundTests {
    private func outcome(
        _ usage: Usage, _ body: JSON, received: Int64 = 500, answers: Int64 = 1, limit: Int64? = nil,
        systemPrompt: String? = nil
    ) -> Usage? {
        UsageBound.chat(
            usage, body: body.encoded(), systemPrompt: systemPrompt, received: received, answers: answers, limit: limit
        ).cut(usage)
    }

    private static func chat(_ more: JSONObject = [:], parts: JSON? = nil) -> JSON {
        var members = more
        members["messages"] = [["role": "user", "content": parts ?? "hi"]]
        return chatBody(members)
    }

    static let honest: [(String, Usage, JSON, Int64, Int64, Int64?)] = [
        ("a short chat", Usage(promptTokens: 8, completionTokens: 5), chat(), 500, 1, nil),
        (
            "hidden thoughts", Usage(promptTokens: 8, completionTokens: 200_000, reasoningTokens: 199_000), chat(), 500,
            1, nil
        ),
        ("hidden thoughts of four", Usage(promptTokens: 8, completionTokens: 800_000), chat(), 2000, 4, nil),
        (
            "thoughts apart from the limit", Usage(promptTokens: 8, completionTokens: 60_000, reasoningTokens: 59_000),
            chat(), 500, 1, 1000
        ),
        ("an answer as long as allowed", Usage(promptTokens: 8, completionTokens: 100_000), chat(), 500, 1, 100_000),
        ("a vendor's own prompt", Usage(promptTokens: 120_000, completionTokens: 5), chat(), 500, 1, nil),
        (
            "a picture by address", Usage(promptTokens: 190_000, completionTokens: 5),
            chat(parts: [["type": "image_url", "image_url": ["url": "https://a.test/b.png"]]]), 500, 1, nil
        ),
        (
            "a file by its id", Usage(promptTokens: 2_000_000, completionTokens: 5),
            chat(parts: [["type": "file", "file": ["file_id": "f"]]]), 500, 1, nil
        ),
        (
            "a search", Usage(promptTokens: 1_000_000, completionTokens: 5), chat(["web_search_options": [:]]), 500, 1,
            nil
        ),
        (
            "a tool of the vendor's", Usage(promptTokens: 1_000_000, completionTokens: 5),
            chat(["tools": [["type": "builtin_function", "function": ["name": "$web_search"]]]]), 500, 1, nil
        ),
    ]

    @Test("accepts an honest usage", arguments: honest)
    func believes(name: String, usage: Usage, body: JSON, received: Int64, answers: Int64, limit: Int64?) {
        #expect(outcome(usage, body, received: received, answers: answers, limit: limit) == nil)
    }

    @Test("accepts a prediction that was rejected")
    func prediction() {
        let text = String(repeating: "word ", count: 10_000)
        var usage = Usage(promptTokens: 8, completionTokens: 10_000)
        usage.rejectedPredictionTokens = 9990
        #expect(
            outcome(usage, Self.chat(["prediction": ["type": "content", "content": .string(text)]]), limit: 100) == nil)
    }

    static let lies: [(Usage, Int64?, Int64, Int64)] = [
        (Usage(promptTokens: 1 << 40, completionTokens: 5), nil, 1 << 17, 5),
        (Usage(promptTokens: 8, completionTokens: 1 << 40), nil, 8, 500 + (1 << 18)),
        (Usage(promptTokens: 8, completionTokens: 1 << 40), 20, 8, 520),
        (Usage(promptTokens: 8, completionTokens: 1 << 40), 1 << 30, 8, 500 + (1 << 18)),
        (Usage(promptTokens: 8, completionTokens: 1 << 40, reasoningTokens: 1 << 39), 20, 8, 520 + (1 << 18)),
    ]

    @Test("cuts an impossible usage", arguments: lies)
    func cuts(usage: Usage, limit: Int64?, prompt: Int64, completion: Int64) throws {
        let body = Self.chat()
        let cut = try #require(outcome(usage, body, limit: limit))
        #expect(cut.completionTokens == completion)
        #expect(cut.promptTokens == (prompt == 1 << 17 ? prompt + Int64(body.encoded().count) : prompt))
    }

    @Test("allows for the tokens that parts of a prompt may add")
    func brought() throws {
        let lie = Usage(promptTokens: 1 << 40, completionTokens: 5)
        let plain = try #require(outcome(lie, Self.chat(["tools": [["type": "function", "function": ["name": "f"]]]])))
        #expect(plain.promptTokens < (1 << 17) + 500)
        let two = try #require(
            outcome(
                lie, Self.chat(parts: [["type": "text", "text": "x"], ["type": "image_url"], ["type": "input_audio"]])))
        #expect((2 << 16) + (1 << 17) < two.promptTokens && two.promptTokens < (2 << 16) + (1 << 17) + 500)
        let foreign = try #require(outcome(lie, Self.chat(["plugins": []])))
        #expect(foreign.promptTokens > UsageBound.foreign && foreign.promptTokens < UsageBound.foreign + (1 << 18))
        let prompted = try #require(outcome(lie, Self.chat(), systemPrompt: String(repeating: "p", count: 100_000)))
        #expect(prompted.promptTokens == (1 << 17) + 100_000 + Int64(Self.chat().encoded().count))
    }

    @Test("allows for what each of several answers may add, and for the audio of an earlier answer")
    func several() throws {
        let lie = Usage(promptTokens: 1 << 40, completionTokens: 5)
        let picture = Self.chat(parts: [["type": "image_url"]])
        let four = try #require(outcome(lie, picture, answers: 4))
        #expect(four.promptTokens == 4 * (Int64(picture.encoded().count) + (1 << 17) + (1 << 16)))
        let spoken = chatBody(["messages": [["role": "assistant", "audio": ["id": "a"]]]])
        let heard = try #require(outcome(lie, spoken))
        #expect(heard.promptTokens == Int64(spoken.encoded().count) + (1 << 17) + (1 << 16))
        let painted = chatBody(["messages": [["role": "assistant", "images": [["type": "image_url"], ["index": 1]]]]])
        let seen = try #require(outcome(lie, painted))
        #expect(seen.promptTokens == Int64(painted.encoded().count) + (1 << 17) + (2 << 16))
        let unknown = try #require(outcome(lie, Self.chat(parts: [["type": "video_url"]])))
        #expect(unknown.promptTokens > UsageBound.foreign)
        // Too large to be examined.
        let large = try #require(outcome(lie, Self.chat(parts: .string(String(repeating: "x", count: 2 << 20)))))
        #expect(large.promptTokens > UsageBound.foreign)
    }

    @Test("if only one part of a usage is impossible, only that part is cut")
    func onePart() {
        let bound = UsageBound(prompt: 10, completion: 20)
        #expect(bound.cut(Usage(promptTokens: 11, completionTokens: 3)) == Usage(promptTokens: 10, completionTokens: 3))
        #expect(bound.cut(Usage(promptTokens: 3, completionTokens: 21)) == Usage(promptTokens: 3, completionTokens: 20))
        #expect(bound.cut(Usage(promptTokens: 10, completionTokens: 20)) == nil)
    }

    @Test("an embedding has no output, and pictures are bounded by the number asked for")
    func others() {
        let usage = Usage(promptTokens: 1 << 40, completionTokens: 1 << 40)
        let body = [UInt8](repeating: 0x20, count: 100)
        #expect(UsageBound.question(body: body).cut(usage) == Usage(promptTokens: 100 + (1 << 17), completionTokens: 0))
        var request = ImageRequest(model: "gpt-image-1", prompt: "x")
        request.count = 2
        let cut = UsageBound.pictures(request, body: body, received: 1000).cut(usage)
        #expect(cut == Usage(promptTokens: 100 + (1 << 17), completionTokens: 1000 + (2 << 17)))
    }
}
