import HTTP
import JSON

/// Plays api.anthropic.com (spec/wire/anthropic.md).
final class Claude: Provider {
    let prompts = PromptMemory()
    let cache = Cache()
    let batches = Shelf<Batch>()
    let files = Shelf<StoredFile>()

    func identity(of call: Call) -> Identity {
        var identity = Identity(model: nil, key: call.headers["x-api-key"])
        if identity.key?.isEmpty ?? true { identity.key = Self.bearer(call.headers["Authorization"]) }
        if case .json(let body) = call.content { identity.model = body["model"]?.string }
        if identity.model == nil, call.route.hasPrefix("v1/models/") {
            identity.model = percentDecoded(call.route.dropFirst("v1/models/".count))
        }
        return identity
    }

    func answer(_ call: Call) -> Answer {
        do throws(Failure) {
            let endpoint = try endpoint(for: call)
            try authenticate(call)
            try checkVersion(call)
            return try endpoint(call)
        } catch {
            return answer(error, call)
        }
    }

    func reset() {
        cache.reset()
        batches.reset()
        files.reset()
    }

    // MARK: Doors

    private static func bearer(_ field: String?) -> String? {
        guard let field, field.lowercased().hasPrefix("bearer ") else { return nil }
        return String(field.dropFirst(7).drop { $0 == " " })
    }

    /// Accepts keys that begin with `sk-`, except those with `mock-bad` or `mock-expired` in them.
    private static func isGood(_ key: String) -> Bool {
        key.hasPrefix("sk-") && key.firstRange(of: "mock-bad") == nil && key.firstRange(of: "mock-expired") == nil
    }

    private func authenticate(_ call: Call) throws(Failure) {
        if let key = call.headers["x-api-key"], !key.isEmpty {
            guard Self.isGood(key) else { throw .badKey }
            return
        }
        guard let field = call.headers["Authorization"], !field.isEmpty else { throw .noKey }
        guard let token = Self.bearer(field), Self.isGood(token) else { throw .badBearer }
    }

    private func checkVersion(_ call: Call) throws(Failure) {
        guard let version = call.headers["anthropic-version"], !version.isEmpty else { throw .noVersion }
        let parts = version.split(separator: "-", omittingEmptySubsequences: false)
        let isDate = parts.map(\.utf8.count) == [4, 2, 2] && parts.allSatisfy { UInt($0) != nil }
        guard isDate else {
            throw .invalid("anthropic-version: \"\(version.prefix(64))\" is not a valid version")
        }
    }

    private typealias Endpoint = (Call) throws(Failure) -> Answer

    private func endpoint(for call: Call) throws(Failure) -> Endpoint {
        let steps = call.route.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard steps.first == "v1", steps.count > 1, !steps.contains("") else { throw .unknownPath }
        let choices: [String: Endpoint]
        switch (steps[1], steps.count) {
        case ("messages", 2): choices = ["POST": messages]
        case ("messages", 3) where steps[2] == "count_tokens": choices = ["POST": countTokens]
        case ("messages", 3...) where steps[2] == "batches": choices = batchEndpoints(Array(steps.dropFirst(3)))
        case ("models", 2): choices = ["GET": listModels]
        case ("models", 3): choices = ["GET": retrieveModel]
        case ("files", 2...4): choices = fileEndpoints(Array(steps.dropFirst(2)))
        case ("complete", 2): choices = ["POST": complete]
        default: choices = [:]
        }
        if choices.isEmpty { throw .unknownPath }
        guard let endpoint = choices[call.method] else { throw .badMethod }
        return endpoint
    }

    /// The endpoints below `v1/messages/batches`, by method.
    private func batchEndpoints(_ steps: [String]) -> [String: (Call) throws(Failure) -> Answer] {
        guard let id = steps.first else { return ["POST": createBatch, "GET": listBatches] }
        switch steps.dropFirst().joined(separator: "/") {
        case "":
            return [
                "GET": { (call) throws(Failure) in try self.retrieveBatch(id, call) },
                "DELETE": { (call) throws(Failure) in try self.deleteBatch(id, call) },
            ]
        case "cancel": return ["POST": { (call) throws(Failure) in try self.cancelBatch(id, call) }]
        case "results": return ["GET": { (call) throws(Failure) in try self.batchResults(id, call) }]
        default: return [:]
        }
    }

    /// The endpoints below `v1/files`, by method.
    private func fileEndpoints(_ steps: [String]) -> [String: (Call) throws(Failure) -> Answer] {
        guard let id = steps.first else { return ["POST": uploadFile, "GET": listFiles] }
        switch steps.dropFirst().joined(separator: "/") {
        case "":
            return [
                "GET": { (call) throws(Failure) in try self.retrieveFile(id, call) },
                "DELETE": { (call) throws(Failure) in try self.deleteFile(id, call) },
            ]
        case "content": return ["GET": { (call) throws(Failure) in try self.downloadFile(id, call) }]
        default: return [:]
        }
    }

    /// The body as a JSON object. Any other body throws the service's refusal of it.
    static func object(_ call: Call) throws(Failure) -> JSONView {
        if call.body.count > 32 << 20 { throw .tooLarge }
        switch call.content {
        case .json(let view) where view.isObject: return view
        case .json: throw .invalid("Input should be a valid dictionary")
        case .tooLarge: throw .tooLarge
        case .badJSON(let error): throw .invalid("The request body is not valid JSON: \(error.message)")
        default: throw .invalid("The request body is not valid JSON: it is empty")
        }
    }
}
