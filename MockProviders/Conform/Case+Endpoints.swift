import JSON
import MockKit

/// The endpoints besides chat; the target names the models.
extension Case {
    static let endpoints: [Case] = [
        Case("embeddings") { (judge) async throws(Verdict) in
            let answer = try await embeddings(judge, ["input": "one text"])
            guard let vector = answer["data"]?[0]?["embedding"]?.array, !vector.isEmpty else {
                throw .lost("there is no vector")
            }
            let served = judge.mock.ledger.total.promptTokens
            let reported = answer["usage"]?["prompt_tokens"]?.int ?? 0
            guard reported == served else { throw .billed("prompt_tokens is \(reported), served were \(served)") }
        },
        Case("embeddings of several texts") { (judge) async throws(Verdict) in
            let answer = try await embeddings(judge, ["input": ["one text-1a4", "two texts-5c8"]])
            try expect(answer["data"]?.array?.compactMap { $0["index"]?.int } ?? [], [0, 1], "the numbers")
            guard answer["data"]?[0]?["embedding"] != answer["data"]?[1]?["embedding"] else {
                throw .lost("two texts have one vector")
            }
        },
        Case("embeddings as base64", refusedBy: ["encoding_format"]) { (judge) async throws(Verdict) in
            let plain = try await embeddings(judge, ["input": "one text"])
            let answer = try await embeddings(judge, ["input": "one text", "encoding_format": "base64"])
            let count = plain["data"]?[0]?["embedding"]?.array?.count ?? 0
            guard let text = answer["data"]?[0]?["embedding"]?.string else { throw .lost("there is no base64") }
            // A number has four bytes, and base64 writes three bytes as four characters.
            try expect(text.utf8.count, (count * 4 + 2) / 3 * 4, "the length of the base64")
        },
        Case("a picture") { (judge) async throws(Verdict) in
            guard let model = judge.target.imageModel else { throw .absent("no image model was named") }
            let body: JSONObject = ["model": .string(model), "prompt": "a red fox-e71", "n": 1]
            let reply = try await judge.ask(body, at: "/images/generations")
            let answer = try judge.good(reply)
            let picture = answer["data"]?[0]
            let text = picture?["url"]?.string ?? picture?["b64_json"]?.string ?? ""
            guard !text.isEmpty else { throw .lost("there is no picture") }
        },
    ]

    private static func embeddings(_ judge: Judge, _ fields: JSONObject) async throws(Verdict) -> JSON {
        guard let model = judge.target.embeddingModel else { throw .absent("no embedding model was named") }
        var body: JSONObject = ["model": .string(model)]
        for member in fields.members { body[member.key] = member.value }
        return try judge.good(try await judge.ask(body, at: "/embeddings"))
    }
}
