import JSON

/// What a tool answered, as the object that some providers want of it.
enum ToolResultJSON {
    /// - Returns: an object of the tool's own as it is; a list as `result`; anything else as `result` in the tool's own words,
    ///   since a number or a quoted text may have been meant as text.
    static func object(_ text: String) -> JSON {
        switch try? JSON.parse(Array(text.utf8)) {
        case .object(let object)?: .object(object)
        case .array(let items)?: ["result": .array(items)]
        case .null?, .bool?, .number?, .string?, nil: ["result": .string(text)]
        }
    }
}
