/// What is wrong with a client's request; becomes a 400 in the client's format.
package struct RequestError: Error, Equatable, Sendable {
    /// A stable code for programs.
    package enum Code: String, Sendable {
        case invalidJSON = "invalid_json"
        case missingParameter = "missing_required_parameter"
        case invalidType = "invalid_type"
        case invalidValue = "invalid_value"
        case duplicateField = "duplicate_field"
        case emptyString = "empty_string"
        case stringTooLong = "string_above_max_length"
    }

    package let code: Code
    /// A sentence that names the field.
    package let message: String
    /// The path of the field, such as `messages[2].role`; `nil` for the body as a whole.
    package let parameter: String?

    package init(_ code: Code, _ message: String, parameter: String? = nil) {
        self.code = code
        self.message = message
        self.parameter = parameter
    }
}
