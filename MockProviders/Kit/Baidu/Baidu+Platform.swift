import HTTP
import JSON

extension Baidu {
    /// The second generation: `/v2/…`, similar to OpenAI, with a bearer token.
    final class Platform: Provider {
        let credentials: Credentials
        let prompts = PromptMemory()

        init(_ credentials: Credentials) { self.credentials = credentials }

        func identity(of call: Call) -> Identity {
            var identity = Identity()
            if let token = Self.bearer(call) { identity.key = credentials.owner(of: token) ?? token }
            if case .json(let body) = call.content { identity.model = body["model"]?.string }
            return identity
        }

        private static func bearer(_ call: Call) -> String? {
            guard let field = call.headers["Authorization"], field.lowercased().hasPrefix("bearer ") else { return nil }
            return String(field.dropFirst(7))
        }

        func answer(_ call: Call) -> Answer {
            do throws(Failure) {
                try authenticate(call)
                return try route(call)
            } catch {
                return Baidu.answer(error, call)
            }
        }

        func failure(named name: String, call: Call) -> Answer? {
            let unknown = Failure.request("invalid_argument", "MockProviders knows no error by the name '\(name)'.")
            return Baidu.answer(Failure.catalogue(name, .platform) ?? unknown, call)
        }

        var midStreamFailure: [UInt8] {
            Array(
                """
                data: {"error":{"code":"internal_error","message":"Internal error","type":"internal_error"},\
                "id":"as-mock000000"}


                """.utf8)
        }

        func reset() { prompts.reset() }

        private func authenticate(_ call: Call) throws(Failure) {
            guard let token = Self.bearer(call) else { throw .badIAMToken }
            switch credentials.use(token) {
            case .good: break
            case .expired: throw .badIAMToken
            case .unknown: guard Self.isLasting(token) else { throw .badIAMToken }
            }
            guard let app = call.headers["appid"], !app.isEmpty else { return }
            guard app.hasPrefix("app-"), !Credentials.isBad(app) else {
                throw .platform(401, "invalid_request_error", "invalid_appid", "No permission to use the appid")
            }
        }

        /// A permanent key: `bce-v3/ALTAK-<id>/<secret>`.
        private static func isLasting(_ token: String) -> Bool {
            let parts = token.split(separator: "/", omittingEmptySubsequences: false)
            guard parts.count == 3, parts[0] == "bce-v3", parts[1].hasPrefix("ALTAK-") else { return false }
            return parts[1].utf8.count > 6 && !parts[2].isEmpty && !Credentials.isBad(token)
        }

        private func route(_ call: Call) throws(Failure) -> Answer {
            if call.route == "models" {
                guard call.method == "GET" else { throw Self.badMethod }
                return models(call)
            }
            let endpoint: (Platform) -> (Call) throws(Failure) -> Answer
            switch call.route {
            case "chat/completions": endpoint = Platform.chat
            case "embeddings": endpoint = Platform.embeddings
            case "rerankers", "rerank": endpoint = Platform.rerank
            case "images/generations": endpoint = Platform.pictures
            default: throw .platform(404, "invalid_request_error", "not_found", "Not found")
            }
            guard call.method == "POST" else { throw Self.badMethod }
            return try endpoint(self)(call)
        }

        private static let badMethod = Failure.platform(
            404, "invalid_request_error", "method_not_supported", "Method not supported")

        private func embeddings(_ call: Call) throws(Failure) -> Answer { try task(call, .embedding).embeddings() }
        private func rerank(_ call: Call) throws(Failure) -> Answer { try task(call, .rerank).rerank() }
        private func pictures(_ call: Call) throws(Failure) -> Answer { try task(call, .image).picture() }

        private func task(_ call: Call, _ kind: Model.Kind) throws(Failure) -> Task {
            let model = try Model(Fields(call, .platform), kind)
            return Task(call: call, dialect: .platform, model: model.id, prompts: prompts)
        }
    }
}
