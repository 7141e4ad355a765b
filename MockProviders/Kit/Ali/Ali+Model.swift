import HTTP
import JSON

extension Ali {
    /// What the mock knows of a model: its row in the table (`Ali+Table.swift`).
    struct Model: Sendable {
        enum Kind: Sendable { case text, vision, picture, video, painter, embedding, multimodalEmbedding, rerank }

        enum Thinking: Sendable { case none, optional, always }

        var id: String
        let kind: Kind
        /// The limit of an answer's tokens.
        var maxOutput = 8192
        var maxInput = 129_024
        /// Whether the model thinks: never, when told to, or always.
        var thinking = Thinking.none
        /// The answer is in `output.text` unless the request asks otherwise.
        var saysText = false
        /// The model belongs to the first two generations: `top_p` is open at both ends, and content has to be a
        /// string.
        var isOld = false
        /// The weights are open. Such a model refuses to think in a whole answer.
        var isOpenWeight = false
        /// The model is an older multimodal one, whose usage has no total.
        var omitsTotal = false
        /// The model's newest snapshot has a name that ends with `-latest`.
        var hasLatest = false

        /// A message's content may be a list of texts.
        var takesParts: Bool { !isOld }

        static func find(_ name: String, _ kinds: [Kind]) throws(Failure) -> Model {
            if name.firstRange(of: "mock-") != nil, let kind = kinds.first {
                let always = name.firstRange(of: "mock-reasoning") != nil
                return Model(
                    id: name, kind: kind, maxOutput: 131_072, maxInput: 1_000_000,
                    thinking: always ? .always : .optional)
            }
            guard let model = listed(name) else { throw .noModel(name) }
            guard kinds.contains(model.kind) else { throw .otherModel }
            return model
        }

        /// A model of the table, or one of its snapshots.
        private static func listed(_ name: String) -> Model? {
            if let model = all.first(where: { $0.id == name }) { return model }
            let isLatest = name.hasSuffix("-latest")
            let base = isLatest ? String(name.dropLast(7)) : undated(name)
            guard base != name, var model = all.first(where: { $0.id == base }), !isLatest || model.hasLatest else {
                return nil
            }
            model.id = name
            return model
        }

        /// The name without the date of a snapshot, such as `-2025-09-23` or `-0919`.
        private static func undated(_ name: String) -> String {
            var parts = name.split(separator: "-", omittingEmptySubsequences: false)
            func endsWith(_ lengths: [Int]) -> Bool {
                let tail = parts.suffix(lengths.count)
                return tail.map(\.count) == lengths && tail.joined().utf8.allSatisfy { 0x30...0x39 ~= $0 }
            }
            if endsWith([4, 2, 2]) { parts.removeLast(3) } else if endsWith([4]) { parts.removeLast() }
            return parts.joined(separator: "-")
        }

        /// All names that the service lists.
        static let names = all.flatMap { $0.hasLatest ? [$0.id, $0.id + "-latest"] : [$0.id] }
    }

    /// `GET /compatible-mode/v1/models`.
    func models(_ call: Call, _ name: Substring?) throws(Failure) -> Answer {
        func write(_ id: String, to item: inout Document) {
            item.member("id", id)
            item.member("object", "model")
            item.member("created", 1_735_689_600)
            item.member("owned_by", "system")
        }
        if let name {
            let model = try Model.find(
                percentDecoded(name),
                [.text, .vision, .embedding, .picture, .video, .painter, .multimodalEmbedding, .rerank])
            return Self.whole(call) { write(model.id, to: &$0) }
        }
        return Self.whole(call) { root in
            root.array("data") { list in
                for id in Model.names { list.object { write(id, to: &$0) } }
            }
            root.member("object", "list")
        }
    }
}
