import HTTP
import JSON
import Synchronization

/// Plays api.openai.com (spec/wire/openai.md).
final class OpenAI: Provider {
    let prompts = PromptMemory()

    func identity(of call: Call) -> Identity {
        var identity = Identity()
        if let field = call.headers["Authorization"], field.lowercased().hasPrefix("bearer ") {
            identity.key = String(field.dropFirst(7))
        }
        switch call.content {
        case .json(let body): identity.model = body["model"]?.string
        case .form(let form): identity.model = form["model"]?.text
        default:
            if call.route.hasPrefix("models/") { identity.model = percentDecoded(call.route.dropFirst(7)) }
        }
        return identity
    }

    func answer(_ call: Call) -> Answer {
        do throws(Failure) {
            try authenticate(call)
            return try route(call)
        } catch {
            return answer(error, call)
        }
    }

    func reset() { prompts.reset() }

    private func authenticate(_ call: Call) throws(Failure) {
        guard let key = call.identity.key, !key.isEmpty else { throw .noKey }
        guard key.hasPrefix("sk-"), key.firstRange(of: "mock-bad") == nil else { throw .badKey(key) }
    }

    private func route(_ call: Call) throws(Failure) -> Answer {
        if call.route == "models" || call.route.hasPrefix("models/") { return try models(call) }
        guard let endpoint = Self.endpoint(call.route) else { throw .badURL(call.method, call.route) }
        guard call.method == "POST" else { throw .badMethod(call.method, call.route) }
        return try endpoint(self)(call)
    }

    typealias Endpoint = (OpenAI) -> (Call) throws(Failure) -> Answer

    /// The endpoint that answers a POST to a path.
    static func endpoint(_ route: String) -> Endpoint? {
        switch route {
        case "chat/completions": OpenAI.chat
        case "completions": OpenAI.completions
        case "embeddings": OpenAI.embeddings
        case "moderations": OpenAI.moderations
        case "images/generations": OpenAI.imageGenerations
        case "images/edits": OpenAI.imageEdits
        case "images/variations": OpenAI.imageVariations
        case "audio/speech": OpenAI.speech
        case "audio/transcriptions": OpenAI.transcriptions
        case "audio/translations": OpenAI.translations
        default: nil
        }
    }
}

extension Call {
    /// The body as a JSON object. Any other body throws OpenAI's refusal of it.
    func object() throws(Failure) -> JSONView {
        switch content {
        case .json(let view) where view.isObject: return view
        case .tooLarge: throw .tooLarge(limit: 64 << 20)
        default: throw .notJSON
        }
    }

    /// The body as a form.
    func fields() throws(Failure) -> MultipartForm {
        switch content {
        case .form(let form): return form
        case .tooLarge: throw .tooLarge(limit: 26_214_400)
        case .badForm(let reason): throw .invalid("Could not parse multipart form: \(reason)")
        default: throw .invalid("Expected a multipart/form-data body.")
        }
    }
}
