import JSON

/// A model under a name that the customer chose (Azure).
struct Deployment {
    let name: String
    let model: Model
    /// The members of the body that OpenAI's rules do not check.
    var spared: Set<String> = []
}

extension Call {
    var spared: Set<String> { deployment?.spared ?? [] }

    /// The model that answers, and the name it was asked for by. A deployment goes before the body's `model`.
    func model(in body: JSONView) throws(Failure) -> (name: String, model: Model) {
        if let deployment { return (deployment.name, deployment.model) }
        guard let field = body["model"], !field.isNull else { throw .missing("model") }
        guard let name = field.string else { throw .wrongType("model", "a string", field) }
        guard let model = Model.find(name) else { throw .noModel(name) }
        return (name, model)
    }

    /// The same, and checks that the model fits this endpoint.
    func model(in body: JSONView, for kind: Model.Kind) throws(Failure) -> (name: String, model: Model) {
        let found = try model(in: body)
        try found.model.check(found.name, for: kind)
        return found
    }

    /// The same, for a name that was already read.
    func model(named name: String?, for kind: Model.Kind) throws(Failure) -> (name: String, model: Model) {
        if let deployment {
            try deployment.model.check(deployment.name, for: kind)
            return (deployment.name, deployment.model)
        }
        guard let name, !name.isEmpty else { throw .missing("model") }
        guard let model = Model.find(name) else { throw .noModel(name) }
        try model.check(name, for: kind)
        return (name, model)
    }
}

extension Model {
    fileprivate func check(_ name: String, for kind: Kind) throws(Failure) {
        if self.kind == kind || self.kind == .any { return }
        throw Failure(
            status: kind == .completion ? 404 : 403, param: "model",
            message: kind == .completion
                ? "This is a chat model and not supported in the v1/completions endpoint. Did you mean to use "
                    + "v1/chat/completions?"
                : "You are not allowed to use \(name) for this endpoint")
    }
}
