import JSON

extension JSONObject {
    mutating func remove(_ key: String) { members.removeAll { $0.key == key } }

    /// Inserts a member into an object whose keys are sorted.
    mutating func insert(_ key: String, _ value: JSON) {
        append(key, value)
        members.sort { $0.key < $1.key }
    }

    /// Changes each object of an array that is a member.
    mutating func change(_ key: String, _ body: (inout JSONObject) -> Void) {
        guard let items = self[key]?.array else { return }
        self[key] = .array(
            items.map { item in
                guard var object = item.object else { return item }
                body(&object)
                return .object(object)
            })
    }

    mutating func change(object key: String, _ body: (inout JSONObject) -> Void) {
        guard var object = self[key]?.object else { return }
        body(&object)
        self[key] = .object(object)
    }

    /// The object with the keys sorted at all levels.
    var sorted: JSONObject {
        var copy = self
        for index in copy.members.indices { copy.members[index].value = copy.members[index].value.sorted }
        copy.members.sort { $0.key < $1.key }
        return copy
    }
}

extension JSON {
    var sorted: JSON {
        switch self {
        case .object(let object): .object(object.sorted)
        case .array(let items): .array(items.map(\.sorted))
        default: self
        }
    }
}
