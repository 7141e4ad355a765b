import CSimdJSON

/// Why bytes are not the JSON that was wanted.
package enum JSONError: Error, Equatable, Sendable {
    case invalid(String)
    case tooDeep
    case invalidUTF8
    case numberOutOfRange
    case tooLarge

    /// A sentence for whoever sent the bytes.
    package var message: String {
        switch self {
        case .invalid(let reason): reason
        case .tooDeep: "The JSON is nested too deeply."
        case .invalidUTF8: "The JSON is not valid UTF-8."
        case .numberOutOfRange: "The JSON holds a malformed number or one that is out of range."
        case .tooLarge: "The JSON is too large."
        }
    }
}

/// Validates and reads JSON with simdjson; made once per loop and used again and again. Not to be shared.
package final class JSONParser {
    /// Levels of arrays and objects that are accepted.
    package static let defaultDepth = 256
    private let parser: OpaquePointer?

    package init(maxDepth: Int = JSONParser.defaultDepth) {
        parser = oneapi_json_parser_new(maxDepth)
    }

    deinit { oneapi_json_parser_free(parser) }

    /// Parses a whole document. The view and all that come from it are valid until the next call; they must not
    /// outlive the parser.
    package func parse(_ bytes: UnsafeRawBufferPointer) throws(JSONError) -> JSONView {
        guard let parser else { throw .tooLarge }
        guard let base = bytes.baseAddress, !bytes.isEmpty else { throw .empty }
        var root = oneapi_json_element()
        let status = oneapi_json_parse(parser, base.assumingMemoryBound(to: UInt8.self), bytes.count, &root)
        if let error = JSONError(status: status) { throw error }
        return JSONView(element: root)
    }

    package func parse(_ bytes: [UInt8]) throws(JSONError) -> JSONView {
        var result: Result<JSONView, JSONError> = .failure(.tooLarge)
        bytes.withUnsafeBytes { buffer in
            do throws(JSONError) { result = .success(try parse(buffer)) } catch { result = .failure(error) }
        }
        return try result.get()
    }

    /// What is wrong with a document; costs no parser of one's own.
    static func error(in bytes: UnsafeRawBufferPointer) -> JSONError? {
        guard let base = bytes.baseAddress, !bytes.isEmpty else { return .empty }
        return JSONError(
            status: oneapi_json_validate(base.assumingMemoryBound(to: UInt8.self), bytes.count, defaultDepth))
    }
}

extension JSONError {
    /// - Parameter status: of simdjson's face.
    /// - Returns: `nil` for success.
    fileprivate init?(status: Int32) {
        switch UInt32(status) {
        case ONEAPI_JSON_OK.rawValue: return nil
        case ONEAPI_JSON_TOO_DEEP.rawValue: self = .tooDeep
        case ONEAPI_JSON_BAD_UTF8.rawValue: self = .invalidUTF8
        case ONEAPI_JSON_TOO_LARGE.rawValue, ONEAPI_JSON_NO_MEMORY.rawValue: self = .tooLarge
        case ONEAPI_JSON_BAD_NUMBER.rawValue: self = .numberOutOfRange
        case ONEAPI_JSON_EMPTY.rawValue: self = .empty
        case ONEAPI_JSON_BAD_STRING.rawValue:
            self = .invalid("The JSON holds a malformed or unended string, or half of a surrogate pair.")
        default: self = .invalid("The text is not valid JSON.")
        }
    }

    fileprivate static let empty = JSONError.invalid("The JSON is empty.")
}
