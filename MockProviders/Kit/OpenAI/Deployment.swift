import JSON

/// A model under the name that a customer gave it (Azure).
struct Deployment {
    let name: String
    let model: Model
    /// Members of the body that OpenAI's rules do not look at.
    var spared: Set<String> = []
}

extension Call {
    var spared: Set<String> { deployment?.spared ?? [] }

    /// The model that answers and the name it was asked for by: the deployment's, else the body's.
    func model(in body: JSONView) throws(Failure) -> (name: String, model: Model) {
        if let deployment { return (deployment.name, deployment.model) }
        guard let field = body["model"], !field.isNull else { throw .missing("model") }
        guard let name = field.string else { throw .wrongType("model", "a string", field) }
        guard let model = Model.find(name) else { throw .noModel(name) }
        return (name, model)
    }

    /// The same, if the model is one for this endpoint.
    func model(in body: JSONView, for kind: Model.Kind) throws(Failure) -> (name: String, model: Model) {
        let found = try model(in: body)
        try found.model.check(found.name, for: kind)
        return found
    }

    /// The same for a name that was read already.
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
