import JSON

/// The rule for a field of a request. A table of rules says what an endpoint accepts.
enum Rule: Sendable {
    case any
    case bool
    case integer(ClosedRange<Int64>)
    case decimal(ClosedRange<Double>)
    case string(max: Int)
    case choice([String])
    case object
    case array(of: String, max: Int)
    /// A string or an array, which the endpoint checks further.
    case stringOr(String)

    /// A field. If it is nullable, `null` is the same as leaving it out.
    struct Field: Sendable {
        let rule: Rule
        var isNullable = true
    }
}

extension [String: Rule.Field] {
    /// Checks the members of a request against the table. The names in `spared` are not checked.
    /// - Throws: the service's refusal of the first member that does not fit.
    func check(_ object: JSONView, sparing spared: Set<String> = []) throws(Failure) {
        try object.forEachMember { (key, value) throws(Failure) in
            let name = String(decoding: key, as: UTF8.self)
            if spared.contains(name) { return }
            guard let field = self[name] else {
                throw .invalid("Unknown parameter: '\(name)'.", param: name, code: "unknown_parameter")
            }
            if value.isNull, field.isNullable { return }
            try field.rule.check(value, name)
        }
    }
}

extension Rule {
    func check(_ value: JSONView, _ name: String) throws(Failure) {
        switch self {
        case .any: return
        case .bool: if value.bool == nil { throw .wrongType(name, "a boolean", value) }
        case .integer(let range): try Self.check(integer: value, name, range)
        case .decimal(let range): try Self.check(decimal: value, name, range)
        case .string(let max):
            guard let text = value.string else { throw .wrongType(name, "a string", value) }
            if text.utf8.count > max, text.count > max { throw .tooLong(name, "string", max, text.count) }
        case .choice(let choices):
            guard let text = value.string else { throw .wrongType(name, "one of \(Self.list(choices))", value) }
            guard choices.contains(text) else { throw .badChoice(name, text, choices) }
        case .object: if !value.isObject { throw .wrongType(name, "an object", value) }
        case .array(let of, let max):
            guard value.isArray else { throw .wrongType(name, "an array of \(of)", value) }
            if value.arrayCount == 0 {
                throw .invalid(
                    "Invalid '\(name)': empty array. Expected an array with minimum length 1, but got an empty array "
                        + "instead.", param: name, code: "empty_array")
            }
            if value.arrayCount > max { throw .tooLong(name, "array", max, value.arrayCount) }
        case .stringOr(let other):
            if value.kind != .string, !value.isArray { throw .wrongType(name, "a string or \(other)", value) }
        }
    }

    private static func check(integer value: JSONView, _ name: String, _ range: ClosedRange<Int64>) throws(Failure) {
        guard let number = value.int else { throw .wrongType(name, "an integer", value) }
        if number < range.lowerBound {
            throw .outOfRange(name, "integer", below: true, "\(range.lowerBound)", "\(number)")
        }
        if number > range.upperBound {
            throw .outOfRange(name, "integer", below: false, "\(range.upperBound)", "\(number)")
        }
    }

    private static func check(decimal value: JSONView, _ name: String, _ range: ClosedRange<Double>) throws(Failure) {
        guard let number = value.double else { throw .wrongType(name, "a decimal", value) }
        if range.contains(number) { return }
        let isBelow = number < range.lowerBound
        let bound = JSONNumber(isBelow ? range.lowerBound : range.upperBound).text
        throw .outOfRange(name, "decimal", below: isBelow, bound, JSONNumber(number).text)
    }

    static func list(_ choices: [String]) -> String {
        let quoted = choices.map { "'\($0)'" }
        guard let last = quoted.last, quoted.count > 1 else { return quoted.joined() }
        return quoted.dropLast().joined(separator: ", ") + (quoted.count > 2 ? "," : "") + " and " + last
    }
}

extension Failure {
    static func wrongType(_ name: String, _ expected: String, _ value: JSONView) -> Failure {
        let got =
            switch value.kind {
            case .null: "null"
            case .bool: "a boolean"
            case .number: value.int == nil ? "a decimal" : "an integer"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        return .invalid(
            "Invalid type for '\(name)': expected \(expected), but got \(got) instead.", param: name,
            code: "invalid_type")
    }

    static func outOfRange(_ name: String, _ kind: String, below: Bool, _ bound: String, _ got: String) -> Failure {
        let side = below ? "below minimum" : "above maximum"
        return .invalid(
            "Invalid '\(name)': \(kind) \(side) value. Expected a value \(below ? ">=" : "<=") \(bound), but got "
                + "\(got) instead.", param: name, code: "\(kind)_\(below ? "below_min" : "above_max")_value")
    }

    static func tooLong(_ name: String, _ kind: String, _ max: Int, _ count: Int) -> Failure {
        let article = kind == "array" ? "an" : "a"
        return .invalid(
            "Invalid '\(name)': \(kind) too long. Expected \(article) \(kind) with maximum length \(max), but got "
                + "\(article) \(kind) with length \(count) instead.", param: name,
            code: "\(kind)_above_max_length")
    }

    static func badChoice(_ name: String, _ got: String, _ choices: [String]) -> Failure {
        .invalid(
            "Invalid value: '\(got)'. Supported values are: \(Rule.list(choices)).", param: name,
            code: "invalid_value")
    }
}
