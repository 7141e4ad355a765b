import JSON

/// The arguments of a call: an object with some providers, its text with others, and vendors mix the two up.
enum CallArguments {
    /// - Returns: the text; empty where there are none.
    static func text(_ value: LazyJSON?) -> String {
        guard let value, !value.isNull else { return "" }
        return value.string ?? String(decoding: value.json.encoded(), as: UTF8.self)
    }
}
