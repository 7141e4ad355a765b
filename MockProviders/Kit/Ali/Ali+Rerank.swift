import JSON

/// Reranking and tokenizing of texts (§4).
extension Ali {
    func rerank(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.rerank])
        let input = try fields.input()
        guard let query = try input.string("query"), !query.isEmpty else { throw .badRequest }
        let documents = try input.strings("documents")
        let parameters = try fields.parameters()
        let returns = try parameters?.bool("return_documents") ?? false
        let top = try parameters?.int("top_n", 1...10_000) ?? documents.count
        let usage = try tokens([query] + documents, model, call)
        let scores = documents.enumerated().map { index, document in
            (index: index, document: document, score: Self.likeness(query, document))
        }
        let ranked = scores.sorted { ($0.score, $1.index) > ($1.score, $0.index) }.prefix(top)
        let id = Self.identifier(call.ids)
        return Self.whole(call, served: usage.served(call, model: model.id)) { root in
            root.object("output") { output in
                output.array("results") { list in
                    for result in ranked {
                        list.object { item in
                            item.member("index", result.index)
                            item.member("relevance_score", number: result.score)
                            if returns { item.object("document") { $0.member("text", result.document) } }
                        }
                    }
                }
            }
            Self.writeTotal(usage, call, to: &root)
            root.member("request_id", id)
        }
    }

    /// The number of the query's words that the document contains, with a fraction that tells documents apart.
    private static func likeness(_ query: String, _ document: String) -> Double {
        let words = Set(query.lowercased().split(separator: " "))
        let common = words.intersection(Set(document.lowercased().split(separator: " "))).count
        let share = words.isEmpty ? 0 : Double(common) / Double(words.count)
        return 0.05 + share * 0.9 + Double(tokenNumber(document) % 1000) / 100_000
    }

    func tokenizer(_ call: Call) throws(Failure) -> Answer {
        let fields = try Fields(call)
        let model = try Model.find(try fields.model(), [.text])
        let input = try fields.input()
        var text = try input.string("prompt") ?? ""
        if let messages = input.member("messages"), messages.isArray {
            messages.forEachElement { text += $0["content"]?.string ?? "" }
        }
        if text.isEmpty { throw .badMessages }
        let pieces = prompts.pieces(text, model: model.id)
        let id = Self.identifier(call.ids)
        return Self.whole(call) { root in
            root.object("output") { output in
                output.array("token_ids") { for piece in pieces { $0.int(Self.tokenNumber(piece.text)) } }
                output.array("tokens") { for piece in pieces { $0.string(piece.text) } }
            }
            root.object("usage") { $0.member("input_tokens", pieces.count) }
            root.member("request_id", id)
        }
    }
}
