import HTTP
import JSON

/// Plays generativelanguage.googleapis.com, and Vertex's paths to the same models (spec/wire/gemini.md).
final class Gemini: Provider {
    typealias Failure = Google.Failure

    let prompts = PromptMemory()
    let caches = Shelf<Cache>()
    let files = Shelf<File>()

    func identity(of call: Call) -> Identity {
        let place = try? Place(call)
        let isModel = place?.collection == "models" || place?.collection == "tunedModels"
        return Identity(model: isModel ? place?.name : nil, key: Google.key(call) ?? Google.bearer(call))
    }

    func answer(_ call: Call) -> Answer {
        do throws(Failure) {
            let place = try Place(call)
            // The address of an upload needs no key.
            if !place.isUpload || call.queryValue("upload_id") == nil { try Google.authenticate(call) }
            return try answer(call, at: place)
        } catch {
            return Google.answer(error, call, isList: Self.isList(call))
        }
    }

    func failure(named name: String, call: Call) -> Answer? {
        let unknown = Failure.invalid("MockProviders knows no error by the name '\(name)'.")
        let failure = Failure.gemini(name, call) ?? unknown
        return Google.answer(failure, call, isList: Self.isList(call))
    }

    /// A stream without SSE is a list, and its errors are lists too.
    static func isList(_ call: Call) -> Bool {
        call.route.hasSuffix(":streamGenerateContent") && call.queryValue("alt") != "sse"
    }

    /// The error event of an SSE stream. A list has its own, see `stream`.
    var midStreamFailure: [UInt8] {
        Array("data: ".utf8) + Failure.overloaded.document.encoded() + Array("\r\n\r\n".utf8)
    }

    func reset() {
        prompts.reset()
        caches.reset()
        files.reset()
    }

    private func answer(_ call: Call, at place: Place) throws(Failure) -> Answer {
        switch (call.method, place.collection, place.name, place.verb) {
        case ("POST", "models", let name?, let verb?), ("POST", "tunedModels", let name?, let verb?):
            return try run(verb, name, call, place)
        case ("GET", "models", let name, nil): return try models(name, call, place)
        case ("GET", "tunedModels", nil, nil): return Google.answer([:], call)
        case (_, "cachedContents", let name, nil): return try cache(name, call, place)
        case ("POST", "files", nil, nil) where place.isUpload: return try upload(call, place)
        case ("GET", "files", nil, nil): return try Google.page(files.all.map { $0.json(call) }, as: "files", call)
        case ("GET", "files", let name?, nil), ("DELETE", "files", let name?, nil): return try file(name, call)
        case ("GET", _, _, _), ("POST", _, _, _), ("DELETE", _, _, _): throw .page(404)
        default: throw .page(405)
        }
    }

    private func run(_ verb: String, _ name: String, _ call: Call, _ place: Place) throws(Failure) -> Answer {
        switch verb {
        case "generateContent", "streamGenerateContent": return try generate(verb, name, call, place)
        case "countTokens": return try countTokens(name, call, place)
        case "embedContent", "batchEmbedContents": return try embed(verb, name, call, place)
        case "predict": return try predict(name, call, place)
        default: throw .page(404)
        }
    }
}
