import JSON
import TestKit
import Testing

/// One of the mock's upstreams, to which a channel can lead: a row of `Fixtures/upstreams.json`.
struct Upstream: Sendable, CustomTestStringConvertible {
    let name: String
    /// The channel's type and key, and the mock's prefix.
    let type: Int
    let key: String
    let prefix: String
    /// The channel's settings as JSON text.
    let config: String
    let model: String
    let reasoningModel: String?
    let searchModel: String?
    let embeddingModel: String?
    let imageModel: String?

    var testDescription: String { name }
    /// The names of all its models.
    var models: String {
        [model, reasoningModel, searchModel, embeddingModel, imageModel].compactMap { $0 }.joined(separator: ",")
    }

    static let all: [Upstream] = {
        let rows = try? JSON.parse(Fixture.read("upstreams.json"))
        return (rows?.array ?? []).map { Upstream($0) }
    }()

    private init(_ row: JSON) {
        name = row["name"]?.string ?? ""
        type = Int(row["type"]?.int ?? 0)
        key = row["key"]?.string ?? ""
        prefix = row["prefix"]?.string ?? ""
        config = row["config"].map { String(decoding: $0.encoded(), as: UTF8.self) } ?? ""
        model = row["model"]?.string ?? ""
        reasoningModel = row["reasoning_model"]?.string
        searchModel = row["search_model"]?.string
        embeddingModel = row["embedding_model"]?.string
        imageModel = row["image_model"]?.string
    }
}

/// What the gateway can do with a provider, according to `Sources/Providers/README.md`; `ConformTests` proves it.
extension Upstream {
    /// Whether the matrix says that a case passes. A case that the matrix does not have is a mistake in the test, which
    /// would skip every provider.
    func passes(_ feature: String) -> Bool {
        let outcome = FeatureMatrix.published.outcome(feature, name)
        if outcome == nil { Issue.record("the matrix has no case \"\(feature)\" of \(name)") }
        return outcome == "yes"
    }
}
