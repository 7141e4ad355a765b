import HTTP
import JSON

extension Claude {
    /// The rule for a field.
    enum Rule: Sendable {
        case any, bool, number, string, object, list, stringOrList
        case integer(min: Int64)
        /// A number from 0 to 1.
        case unit
        case choice([String])
    }

    /// The fields of an object. A table of rules says what an endpoint accepts.
    struct Shape: Sendable {
        /// The required fields, in the order in which the service checks them.
        var required: [String] = []
        let fields: [String: Rule]
        /// The fields that may be `null`, which is the same as leaving them out.
        var nullable: Set<String> = []
        /// The fields that only a beta allows, with the beginning of the beta's name.
        var betas: [String: String] = [:]

        /// - Throws: the service's refusal of the first field that does not fit.
        func check(_ object: JSONView, _ path: String, _ betas: Betas) throws(Failure) {
            guard object.isObject else { throw .at(path, "Input should be a valid dictionary") }
            let prefix = path.isEmpty ? "" : path + "."
            for name in required {
                guard let value = object.member(name) else { throw .missing(prefix + name) }
                if value.isNull, let rule = fields[name] { try rule.check(value, prefix + name) }
            }
            try object.forEachMember { (key, value) throws(Failure) in
                let name = String(decoding: key, as: UTF8.self)
                guard let rule = fields[name] else { throw .extra(prefix + name) }
                if let beta = self.betas[name], !betas.has(beta) { throw .extra(prefix + name) }
                if value.isNull, nullable.contains(name) { return }
                try rule.check(value, prefix + name)
            }
        }
    }

    /// The betas that a request asks for.
    struct Betas: Sendable {
        private let names: [String]
        private let version: String

        init(_ call: Call) {
            names = call.headers.values("anthropic-beta").flatMap { field in
                field.split(separator: ",").map { String($0.drop { $0 == " " }) }
            }
            version = call.headers["anthropic-version"] ?? ""
        }

        /// - Parameter beta: the beginning of the beta's name, without its date.
        func has(_ beta: String) -> Bool { names.contains { $0.hasPrefix(beta) } }

        /// The request's API version is not the first one. Later versions include earlier betas.
        var isNewVersion: Bool { version > "2023-06-01" }
    }
}

extension Claude.Rule {
    func check(_ value: JSONView, _ path: String) throws(Claude.Failure) {
        switch self {
        case .any: return
        case .bool: if value.bool == nil { throw .at(path, "Input should be a valid boolean") }
        case .number: if value.double == nil { throw .at(path, "Input should be a valid number") }
        case .string: if value.kind != .string { throw .at(path, "Input should be a valid string") }
        case .object: if !value.isObject { throw .at(path, "Input should be a valid dictionary") }
        case .list: if !value.isArray { throw .at(path, "Input should be a valid list") }
        case .stringOrList:
            if value.kind != .string, !value.isArray {
                throw .at(path, "Input should be a valid string or a valid list")
            }
        case .integer(let least):
            guard let number = value.int else { throw .at(path, "Input should be a valid integer") }
            if number < least { throw .at(path, "Input should be greater than or equal to \(least)") }
        case .unit:
            guard let number = value.double else { throw .at(path, "Input should be a valid number") }
            if !(0...1).contains(number) { throw .at(path, "range: 0..1") }
        case .choice(let choices):
            guard let text = value.string, choices.contains(text) else { throw .badChoice(path, choices) }
        }
    }
}
