import HTTP
import JSON

extension Azure {
    /// The fields of a chat that an API version introduced, with its date. The service publishes no such list; these
    /// are the dates of the previews that first accepted them.
    private static let arrivals: [(field: String, date: String)] = [
        ("parallel_tool_calls", "2024-08-01"), ("stream_options", "2024-09-01"),
        ("max_completion_tokens", "2024-09-01"), ("store", "2024-10-01"), ("metadata", "2024-10-01"),
        ("reasoning_effort", "2024-12-01"), ("prediction", "2024-12-01"), ("service_tier", "2025-01-01"),
    ]
    /// The fields of a chat that only Azure has.
    static let ownFields = ["data_sources", "user_security_context"]

    /// Refuses a body with another content type. The type that `curl -d` sends is accepted.
    static func checkMediaType(_ call: Call, _ operation: Operation) throws(Refusal) {
        guard let type = call.headers["Content-Type"]?.lowercased() else { return }
        let isGood =
            operation.isForm
            ? type.hasPrefix("multipart/form-data")
            : type.hasPrefix("application/json") || type.hasPrefix("application/x-www-form-urlencoded")
        if !isGood { throw .unsupportedMediaType }
    }

    /// Refuses a deployment whose model cannot do the operation, or cannot do it in this API version.
    static func check(_ deployment: Deployment, _ operation: Operation, _ api: API) throws(Refusal) {
        let model = deployment.model
        guard operation.kinds.contains(model.kind) else { throw .operationNotSupported(operation, named(model.id)) }
        // The first reasoning models were available earlier.
        let isEarly = model.id.hasPrefix("o1-mini") || model.id.firstRange(of: "mock-") != nil
        if model.isReasoning, !isEarly, !api.has(since: "2024-12-01") {
            throw .badRequest(
                "Model \(model.id) is enabled only for api versions 2024-12-01-preview and later")
        }
    }

    /// Refuses fields that Azure does not know, or that this API version does not know yet.
    static func checkFields(_ body: JSONView, _ operation: Operation, _ api: API) throws(Refusal) {
        try body.forEachMember { (key, _) throws(Refusal) in
            let name = String(decoding: key, as: UTF8.self)
            let arrival = arrivals.first { $0.field == name }?.date ?? ""
            let isKnown = operation != .chat || ChatRequest.fields[name] != nil || ownFields.contains(name)
            if !isKnown || name == "web_search_options" || !api.has(since: arrival) { throw .unrecognized(name) }
        }
    }
}
