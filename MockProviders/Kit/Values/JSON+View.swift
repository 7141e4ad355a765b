import JSON

extension JSON {
    /// Copies a parsed value, so that it outlives its parser.
    init(_ view: JSONView) {
        switch view.kind {
        case .null: self = .null
        case .bool: self = .bool(view.bool ?? false)
        case .number: self = view.int.map { .number(JSONNumber($0)) } ?? .number(JSONNumber(view.double ?? 0))
        case .string: self = .string(view.string ?? "")
        case .array:
            var items: [JSON] = []
            view.forEachElement { items.append(JSON($0)) }
            self = .array(items)
        case .object:
            var object = JSONObject()
            view.forEachMember { object.append(String(decoding: $0, as: UTF8.self), JSON($1)) }
            self = .object(object)
        }
    }

    /// The value as compact JSON.
    var text: String { String(decoding: encoded(), as: UTF8.self) }
}
