import Glibc
import HTTP
import JSON
import MockKit
import TestKit
import TestTraits
import Testing

@testable import Gateway

@Suite(.inTurn) struct OneShotEndToEndTests {
    private func post(_ installation: Installation, _ path: String, _ body: JSON) throws -> (status: Int, json: JSON) {
        let answer = try installation.ask("POST", path, key: "Bearer sk-roottoken", body)
        return (answer.status, (try? JSON.parse(Array(answer.body.utf8))) ?? .null)
    }

    @Test("passes embeddings on and charges the upstream's count")
    func embeddings() async throws {
        let installation = try await Installation(models: "text-embedding-3-small,alias")
        let answer = try post(
            installation, "/v1/embeddings", ["model": "text-embedding-3-small", "input": ["one two", "three"]])
        #expect(answer.status == 200)
        #expect(answer.json["data"]?.array?.count == 2)
        let books = try installation.books()
        #expect(books.prompt == answer.json["usage"]?["prompt_tokens"]?.int)
        #expect(books.completion == 0 && books.quota > 0)
        #expect(books.left == 500_000_000_000_000 - books.quota)
        let byPath = try post(
            installation, "/v1/engines/text-embedding-3-small/embeddings", ["input": [[1, 2, 3]]])
        #expect(byPath.status == 200)
        await installation.close()
    }

    @Test("charges images by model, size and number")
    func images() async throws {
        let installation = try await Installation(models: "dall-e-2,dall-e-3")
        let answer = try post(
            installation, "/v1/images/generations",
            ["model": "dall-e-2", "prompt": "a fox", "n": 2, "size": "512x512", "response_format": "b64_json"])
        #expect(answer.status == 200)
        #expect(answer.json["data"]?.array?.count == 2)
        // Two pictures at 10 × 1.125 × 1000.
        let first = try installation.books().quota
        #expect(first == 22_500)
        let hd: JSON = ["model": "dall-e-3", "prompt": "x", "size": "1792x1024", "quality": "hd"]
        #expect(try post(installation, "/v1/images/generations", hd).status == 200)
        let both = try installation.books().quota
        #expect(both == 82_500)
        await installation.close()
    }

    private func ali() async throws -> Installation {
        let installation = try await Installation(models: nil)
        let upstream = try #require(Upstream.all.first { $0.type == 17 })
        try installation.addChannel(17, upstream.key, upstream.prefix, models: upstream.models)
        return installation
    }

    @Test("polls a picture task again if a poll fails, and does not begin another task")
    func failingPoll() async throws {
        let installation = try await ali()
        installation.mock.add(try #require(Fault(name: "mock-error-500")), match: Match(path: "/tasks/"), count: 2)
        let answer = try post(
            installation, "/v1/images/generations",
            ["model": "wanx2.1-t2i-turbo", "prompt": "a fox", "n": 2, "response_format": "b64_json"])
        #expect(answer.status == 200, "\(answer.json)")
        #expect(answer.json["data"]?.array?.count == 2)
        #expect(answer.json["data"]?[0]?["b64_json"]?.string?.hasPrefix("iVBOR") == true)
        let begun = installation.mock.journal.entries.filter { $0.method == "POST" }
        #expect(begun.count == 1)
        #expect(try installation.books().quota > 0)
        await installation.close()
    }

    @Test("charges nothing for a picture task that fails")
    func failedTask() async throws {
        let installation = try await ali()
        let answer = try post(
            installation, "/v1/images/generations", ["model": "wanx2.1-t2i-turbo", "prompt": "mock-task-fail"])
        #expect(answer.status >= 400, "\(answer.json)")
        #expect(answer.json["error"]?["message"]?.string?.isEmpty == false)
        #expect(try installation.books().quota == 0)
        await installation.close()
    }

    @Test("charges only the pictures that came")
    func partialTask() async throws {
        let installation = try await ali()
        let both: JSON = ["model": "wanx2.1-t2i-turbo", "prompt": "a fox", "n": 2]
        #expect(try post(installation, "/v1/images/generations", both).json["data"]?.array?.count == 2)
        let price = try installation.books().quota
        let partial: JSON = ["model": "wanx2.1-t2i-turbo", "prompt": "mock-task-partial", "n": 2]
        let answer = try post(installation, "/v1/images/generations", partial)
        #expect(answer.json["data"]?.array?.count == 1, "\(answer.json)")
        #expect(try installation.books().quota == price + price / 2)
        await installation.close()
    }

    @Test("charges an alias at the price of the model behind it")
    func alias() async throws {
        let installation = try await Installation(models: nil)
        try installation.addChannel(
            1, "sk-mock-end-to-end", "/openai", models: "my-painter",
            ["model_mapping": #"{"my-painter":"dall-e-3"}"#])
        let hd: JSON = ["model": "my-painter", "prompt": "x", "size": "1792x1024", "quality": "hd"]
        #expect(try post(installation, "/v1/images/generations", hd).status == 200)
        #expect(try installation.books().quota == 60_000)
        let many: JSON = ["model": "my-painter", "prompt": "x", "n": 2]
        #expect(try post(installation, "/v1/images/generations", many).json["error"]?["param"]?.string == "n")
        await installation.close()
    }

    @Test("polls a picture task again after an invalid answer, and does not begin another task elsewhere")
    func nonsensePoll() async throws {
        let installation = try await ali()
        let upstream = try #require(Upstream.all.first { $0.type == 17 })
        try installation.addChannel(17, upstream.key, upstream.prefix, models: upstream.models)
        _ = try installation.ask("PUT", "/api/option/", key: "rootaccess", ["key": "RetryTimes", "value": "3"])
        installation.mock.add(try #require(Fault(name: "mock-invalid-json")), match: Match(path: "/tasks/"), count: 2)
        let answer = try post(
            installation, "/v1/images/generations", ["model": "wanx2.1-t2i-turbo", "prompt": "a fox"])
        #expect(answer.status == 200, "\(answer.json)")
        #expect(installation.mock.journal.entries.count { $0.method == "POST" } == 1)
        await installation.close()
    }

    @Test("a client that leaves is charged for its prompt, and its channel is not blamed")
    func clientLeaves() async throws {
        let installation = try await Installation(models: "text-embedding-3-small")
        installation.mock.add(try #require(Fault(name: "mock-delay-300")), count: 6)
        let body = #"{"model":"text-embedding-3-small","input":"one two three"}"#
        for _ in 0..<6 {
            let client = try RawClient(port: installation.gateway.port)
            client.send(
                "POST /v1/embeddings HTTP/1.1\r\nHost: t\r\nAuthorization: Bearer sk-roottoken\r\n"
                    + "Content-Type: application/json\r\nContent-Length: \(body.utf8.count)\r\n\r\n\(body)")
            #expect(await eventually { !installation.mock.journal.entries.isEmpty })
            installation.mock.journal.reset()
            client.hangUp()
        }
        for _ in 0..<200 where try installation.books().prompt < 18 { usleep(10_000) }
        #expect(try installation.books().prompt == 18)
        let answer = try post(
            installation, "/v1/embeddings", ["model": "text-embedding-3-small", "input": "x"])
        #expect(answer.status == 200)
        await installation.close()
    }

    @Test("passes moderations on")
    func moderations() async throws {
        let installation = try await Installation(models: "omni-moderation-latest")
        let answer = try post(
            installation, "/v1/moderations", ["model": "omni-moderation-latest", "input": "mock-flag"])
        #expect(answer.json["results"]?[0]?["flagged"]?.bool == true)
        await installation.close()
    }

    @Test(
        "names the wrong field of a request",
        arguments: [
            ("/v1/embeddings", #"{"model":"text-embedding-3-small"}"#, "input"),
            ("/v1/embeddings", #"{"input":"x"}"#, "model"),
            ("/v1/embeddings", #"{"model":"text-embedding-3-small","input":[]}"#, "input"),
            ("/v1/embeddings", #"{"model":"text-embedding-3-small","input":[true]}"#, "input[0]"),
            (
                "/v1/embeddings", #"{"model":"text-embedding-3-small","input":"x","encoding_format":"hex"}"#,
                "encoding_format"
            ),
            ("/v1/images/generations", #"{"model":"dall-e-2"}"#, "prompt"),
            ("/v1/images/generations", #"{"model":"dall-e-2","prompt":"x","n":-4}"#, "n"),
            ("/v1/images/generations", #"{"model":"dall-e-3","prompt":"x","n":2}"#, "n"),
        ])
    func badRequests(path: String, body: String, field: String) async throws {
        let installation = try await Installation(models: "text-embedding-3-small,dall-e-2,dall-e-3")
        let answer = try post(installation, path, try JSON.parse(Array(body.utf8)))
        #expect(answer.status == 400)
        #expect(answer.json["error"]?["param"]?.string == field)
        #expect(try installation.books().quota == 0)
        await installation.close()
    }

    @Test("returns the quota of failed requests")
    func failures() async throws {
        let installation = try await Installation(models: "mock-error-500")
        #expect(
            try post(installation, "/v1/embeddings", ["model": "mock-error-500", "input": "x"]).status == 500)
        #expect(try installation.books().left == 500_000_000_000_000)
        await installation.close()
    }
}
