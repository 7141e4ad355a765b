import HTTP
import JSON

extension Baidu {
    /// The first generation: access tokens, the models of Wenxin Workshop, and the signed calls of the console.
    final class Workshop: Provider {
        static let prefix = "rpc/2.0/ai_custom/v1/wenxinworkshop/"
        static let tokenRoute = "oauth/2.0/token"
        static let bearerRoute = "v1/BCE-BEARER/token"
        static let consoleRoutes = [bearerRoute, "wenxinworkshop/service/list"]
        let credentials: Credentials
        let prompts = PromptMemory()

        init(_ credentials: Credentials) { self.credentials = credentials }

        func identity(of call: Call) -> Identity {
            var identity = Identity()
            guard call.route.hasPrefix(Self.prefix) else {
                // The key stays `nil`: a fault that a key names is meant for calls of models, and not for the exchange
                // of keys.
                return identity
            }
            let steps = call.route.dropFirst(Self.prefix.count).split(separator: "/")
            if steps.count > 1 { identity.model = percentDecoded(steps[1]) }
            if let token = call.queryValue("access_token") {
                identity.key = credentials.owner(of: token) ?? token
            } else {
                identity.key = call.headers["Authorization"].flatMap { Signature($0)?.accessKey }
            }
            return identity
        }

        func answer(_ call: Call) -> Answer {
            do throws(Failure) {
                if call.route == Self.tokenRoute { return try token(call) }
                if call.route.hasPrefix(Self.prefix) {
                    try authenticate(call)
                    return try route(call)
                }
                return try console(call)
            } catch {
                return Baidu.answer(error, call)
            }
        }

        func failure(named name: String, call: Call) -> Answer? {
            let unknown = Failure.workshop(336_003, "MockProviders knows no error by the name '\(name)'.")
            let failure = refusal(named: name, at: call.route) ?? Failure.catalogue(name, .workshop)
            return Baidu.answer(failure ?? unknown, call)
        }

        /// The failure of a refused key at the token endpoint and the console, which have layouts of their own.
        private func refusal(named name: String, at route: String) -> Failure? {
            guard ["401", "403", "invalid_api_key"].contains(name) else { return nil }
            if route == Self.tokenRoute { return .unknownClient }
            return Self.consoleRoutes.contains(route) ? .signatureMismatch : nil
        }

        /// The event has no `data: ` before it. The service writes it like that.
        var midStreamFailure: [UInt8] {
            Array(
                "{\"error_code\":336100,\"error_msg\":\"the server is busy, try again\",\"id\":\"as-mock000000\"}\n\n"
                    .utf8)
        }

        func reset() { prompts.reset() }

        private func authenticate(_ call: Call) throws(Failure) {
            guard let token = call.queryValue("access_token") else {
                guard let signature = call.headers["Authorization"].flatMap({ Signature($0) }) else { throw .noToken }
                if signature.check(call) != .good { throw .badSignature }
                return
            }
            guard token.hasPrefix("24.") else { throw .noToken }
            // This token never expires. It is meant for tries by hand.
            if token.hasPrefix("24.mock-"), !Credentials.isBad(token) {
                if token.hasPrefix("24.mock-expired") { throw .oldToken }
                return
            }
            switch credentials.use(token) {
            case .good: return
            case .expired: throw .oldToken
            case .unknown: throw .badToken
            }
        }

        private func route(_ call: Call) throws(Failure) -> Answer {
            let steps = call.route.dropFirst(Self.prefix.count).split(separator: "/").map { percentDecoded($0) }
            guard steps.count == 2 else { throw .noEndpoint }
            let endpoint: (Workshop) -> (Call, Endpoint) throws(Failure) -> Answer
            switch steps[0] {
            case "chat": endpoint = Workshop.chat
            case "erniebot": endpoint = Workshop.chat
            case "completions": endpoint = Workshop.completion
            case "plugin": endpoint = Workshop.plugin
            case "image2text": endpoint = Workshop.image2text
            case "tokenizer": endpoint = Workshop.tokenizer
            case "embeddings": endpoint = Workshop.embeddings
            case "reranker": endpoint = Workshop.rerank
            case "text2image": endpoint = Workshop.text2image
            default: throw .noEndpoint
            }
            guard let served = Endpoint.find(steps[1], under: steps[0]) else { throw .noEndpoint }
            guard call.method == "POST" else { throw .badMethod }
            return try endpoint(self)(call, served)
        }
    }
}
