import HTTP
import JSON

/// Plays Google's PaLM 2, the Generative Language API before Gemini: `v1beta2` and `v1beta3` (spec/wire/palm.md).
final class PaLM: Provider {
    typealias Failure = Google.Failure

    let prompts = PromptMemory()

    func identity(of call: Call) -> Identity {
        Identity(model: (try? Place(call))?.model, key: Google.key(call) ?? Google.bearer(call))
    }

    func answer(_ call: Call) -> Answer {
        do throws(Failure) {
            let place = try Place(call)
            try Google.authenticate(call)
            return try answer(call, at: place)
        } catch { return Self.answer(error, call) }
    }

    func failure(named name: String, call: Call) -> Answer? {
        let unknown = Failure.invalid("MockProviders knows no error by the name '\(name)'.")
        return Self.answer(Failure.palm(name, call) ?? unknown, call)
    }

    /// Writes a failure without localized messages, which this API does not have yet.
    private static func answer(_ failure: Failure, _ call: Call) -> Answer {
        var failure = failure
        failure.details.removeAll { $0["@type"]?.string?.hasSuffix(".LocalizedMessage") == true }
        return Google.answer(failure, call)
    }

    /// Nothing streams here. A body that fails after its head is not JSON.
    var midStreamFailure: [UInt8] { Failure.unavailable.document.encodedPretty() }

    func reset() { prompts.reset() }

    private func answer(_ call: Call, at place: Place) throws(Failure) -> Answer {
        switch (call.method, place.collection, place.model, place.verb) {
        case ("GET", "models", let name, nil): return try models(name, call, place)
        case ("GET", "tunedModels", nil, nil) where place.isLater: return Google.answer([:], call)
        case ("POST", "models", let name?, let verb?): return try run(verb, name, call, place)
        case ("POST", "tunedModels", let name?, "generateText") where place.isLater:
            return try generateText(name, call, place)
        case ("GET", _, _, _), ("POST", _, _, _), ("DELETE", _, _, _): throw .page()
        default: throw .page(405)
        }
    }

    private func run(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        switch (verb, place.isLater) {
        case ("generateMessage", _): return try generateMessage(name, call, place)
        case ("countMessageTokens", _): return try countMessageTokens(name, call, place)
        case ("generateText", _): return try generateText(name, call, place)
        case ("countTextTokens", true): return try countTextTokens(name, call, place)
        case ("embedText", _), ("batchEmbedText", true): return try embedText(verb, name, call, place)
        default: throw .page()
        }
    }

    /// Adds an answer to the ledger. The client never sees these counts.
    func served(_ name: String, _ call: Call, prompt: Int, completion: Int) -> Served {
        var ids = call.ids
        return Served(
            id: "palm-\(ids.random.alphanumerics(20))", model: name, key: call.identity.key ?? "",
            promptTokens: call.script?.promptTokens ?? prompt,
            completionTokens: call.script?.completionTokens ?? completion, cachedTokens: 0, tellsUsage: false)
    }
}

extension PaLM {
    /// The parts of a path, with or without the mock's own prefix.
    struct Place {
        let version: String
        let collection: String
        private(set) var model: String?
        private(set) var verb: String?

        /// The version is `v1beta3`, which can do more.
        var isLater: Bool { version == "v1beta3" }

        init(_ call: Call) throws(Failure) {
            let steps = call.path.split(separator: "/", omittingEmptySubsequences: false).map { percentDecoded($0) }
            guard let start = steps.firstIndex(where: { $0 == "v1beta2" || $0 == "v1beta3" }) else { throw .page() }
            version = steps[start]
            let rest = steps[(start + 1)...]
            guard let collection = rest.first, rest.count <= 2, !rest.contains("") else { throw .page() }
            self.collection = collection
            guard rest.count == 2, let last = rest.last else { return }
            guard let colon = last.lastIndex(of: ":") else {
                model = last
                return
            }
            model = String(last[..<colon])
            verb = String(last[last.index(after: colon)...])
        }
    }
}
