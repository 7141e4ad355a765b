import JSON
import MockKit
import TestTraits
import Testing

@testable import Gateway

/// Pictures of models that bill by tokens, whole and as a stream (spec/wire/openai.md §7).
@Suite(.inTurn) struct ImageStreamEndToEndTests {
    private func post(_ installation: Installation, _ body: JSON) throws -> (status: Int, body: String) {
        try installation.ask("POST", "/v1/images/generations", key: "Bearer sk-roottoken", body)
    }

    private func events(_ text: String) -> [(name: String, data: JSON)] {
        text.components("\n\n").compactMap { event in
            let lines = event.components("\n")
            guard lines.count == 2, lines[0].hasPrefix("event: "), lines[1].hasPrefix("data: ") else { return nil }
            return (String(lines[0].dropFirst(7)), (try? JSON.parse(Array(lines[1].dropFirst(6).utf8))) ?? .null)
        }
    }

    @Test("a stream of pictures is passed on as it comes, and charged once by its usage")
    func stream() async throws {
        let installation = try await Installation(models: "gpt-image-1")
        let answer = try post(
            installation,
            ["model": "gpt-image-1", "prompt": "a red cube", "stream": true, "partial_images": 2, "quality": "low"])
        #expect(answer.status == 200)
        let events = events(answer.body)
        #expect(
            events.map(\.name) == [
                "image_generation.partial_image", "image_generation.partial_image", "image_generation.completed",
            ])
        #expect(events.allSatisfy { $0.data["type"]?.string == $0.name && $0.data["b64_json"]?.string != nil })
        let usage = try #require(events.last?.data["usage"])
        let (input, output) = (usage["input_tokens"]?.int ?? 0, usage["output_tokens"]?.int ?? 0)
        #expect(output == 272)
        let books = try installation.books()
        // 2.5 for a token of text, and eight times as much for a token of the picture.
        #expect(books.quota == (input * 5 + 1) / 2 + output * 20)
        #expect(books.prompt == input && books.completion == output)
        #expect(books.left == 500_000_000_000_000 - books.quota)
        #expect(installation.mock.journal.entries.count == 1)
        await installation.close()
    }

    @Test("high quality costs 15 times as much, and each picture counts", arguments: [("low", 272), ("high", 4160)])
    func whole(quality: String, tokens: Int64) async throws {
        let installation = try await Installation(models: "gpt-image-1-mini")
        let answer = try post(
            installation, ["model": "gpt-image-1-mini", "prompt": "x", "quality": .string(quality), "n": 2])
        #expect(answer.status == 200)
        let usage = try JSON.parse(Array(answer.body.utf8))["usage"]
        let input = usage?["input_tokens"]?.int ?? 0
        #expect(usage?["output_tokens"]?.int == 2 * tokens)
        // 1 for a token of text, and four times as much for a token of the picture.
        #expect(try installation.books().quota == input + 2 * tokens * 4)
        await installation.close()
    }

    @Test("an error during the stream is reported, and what was painted is charged")
    func broken() async throws {
        let installation = try await Installation(models: "gpt-image-1")
        installation.mock.add(try #require(Fault(name: "mock-cut-1500")), count: 1)
        let answer = try post(
            installation,
            ["model": "gpt-image-1", "prompt": "a red cube", "stream": true, "partial_images": 3, "quality": "low"])
        #expect(answer.status == 200 || answer.status == 502, "\(answer.body)")
        if answer.status == 200 {
            #expect(answer.body.contains(#"data: {"error":{"#), "\(answer.body)")
            #expect(try installation.books().quota > 272 * 20)
        }
        #expect(installation.mock.journal.entries.count == 1)
        await installation.close()
    }

    @Test("a channel that cannot stream pictures is skipped, and if there is no other, the refusal names the field")
    func otherChannel() async throws {
        let installation = try await Installation(models: nil)
        let ali = try #require(Upstream.all.first { $0.type == 17 })
        try installation.addChannel(17, ali.key, ali.prefix, models: "gpt-image-1", ["priority": 9])
        let body: JSON = ["model": "gpt-image-1", "prompt": "x", "stream": true]
        let refused = try post(installation, body)
        #expect(refused.status == 400)
        #expect(try JSON.parse(Array(refused.body.utf8))["error"]?["param"]?.string == "stream")
        #expect(try installation.books().left == 500_000_000_000_000)
        try installation.addChannel(1, "sk-mock-end-to-end", "/openai", models: "gpt-image-1")
        #expect(try post(installation, body).status == 200)
        await installation.close()
    }

    @Test("a model that cannot stream refuses by itself, and costs nothing")
    func refusedByModel() async throws {
        let installation = try await Installation(models: "dall-e-3")
        #expect(try post(installation, ["model": "dall-e-3", "prompt": "x", "stream": true]).status == 400)
        #expect(try installation.books().left == 500_000_000_000_000)
        await installation.close()
    }
}

extension String {
    fileprivate func components(_ separator: String) -> [String] {
        split(separator: separator, omittingEmptySubsequences: true).map(String.init)
    }
}
