import JSON

extension Azure {
    /// The resource's deployments. Each is named after its model; in the names of the oldest models the dot is missing.
    /// No other name without dots, such as `gpt-41`, exists.
    private static let deployments: [String: Model] = {
        var names: [String: Model] = [:]
        for model in Model.all where isOffered(model) { names[named(model.id)] = underlying(model) }
        return names
    }()

    /// The models that a resource can deploy, by their names in answers.
    static let models: [Model] = {
        var seen: Set<String> = []
        return Model.all.filter(isOffered).map(underlying).filter { seen.insert($0.snapshot).inserted }
    }()

    private static func isOffered(_ model: Model) -> Bool {
        let isOpenAIOnly =
            ["chatgpt-4o-latest", "chatgpt-image-latest", "dall-e-2"].contains(model.id) || model.id.hasPrefix("ft:")
            || model.searches
        return !isOpenAIOnly && model.kind != .moderation && model.owner != "mock" && !model.id.hasPrefix("mock-")
    }

    static func named(_ name: String) -> String {
        name.hasPrefix("gpt-3.5") ? "gpt-35" + name.dropFirst(7) : name
    }

    private static func underlying(_ model: Model) -> Model {
        let snapshot =
            switch model.id {
            case "gpt-4o": "gpt-4o-2024-11-20"
            case "gpt-3.5-turbo", "gpt-3.5-turbo-16k", "gpt-3.5-turbo-instruct": named(model.id)
            default: named(model.snapshot)
            }
        var copy = model
        copy.snapshot = snapshot
        return copy
    }

    /// The deployment with a name. Any name with `mock-` in it exists.
    static func deployment(named name: String) -> Deployment? {
        if let model = deployments[name] { return Deployment(name: name, model: model) }
        guard name.firstRange(of: "mock-") != nil, let model = Model.find(name) else { return nil }
        return Deployment(name: name, model: model)
    }

    /// The deployment that a request names: in the path, or else in v1's `model`. `nil` if the body is invalid and will
    /// be refused later.
    func deployment(
        for operation: Operation, _ call: Call, _ address: Address
    ) throws(Refusal) -> Deployment? {
        try Self.checkMediaType(call, operation)
        var name = address.deployment
        var spared: Set<String> = operation == .chat ? Set(Self.ownFields) : []
        if name != nil {
            spared.insert("model")
        } else {
            switch call.content {
            case .json(let body) where body.isObject:
                if let field = body["model"], !field.isNull, field.string == nil {
                    throw Refusal(.wrongType("model", "a string", field))
                }
                name = body["model"]?.string
            case .form(let form): name = form["model"]?.text
            default: return nil
            }
        }
        guard let name, !name.isEmpty else { throw Refusal(.missing("model")) }
        guard var found = Self.deployment(named: name) else { throw .deploymentNotFound }
        found.spared = spared
        return found
    }
}
