import JSON

extension Ali {
    /// The typed members of an object. A wrong type throws the service's refusal; unknown members are accepted.
    struct Fields {
        let body: JSONView

        /// The call's body.
        init(_ call: Call) throws(Failure) {
            switch call.content {
            case .json(let view) where view.isObject: self.init(view)
            case .tooLarge: throw .tooLarge
            case .none: throw .noInput
            default: throw .badRequest
            }
        }

        init(_ body: JSONView) { self.body = body }

        /// A member that is present and not `null`.
        func member(_ name: StaticString) -> JSONView? {
            guard let value = body[name], !value.isNull else { return nil }
            return value
        }

        /// A member that is an object; `nil` if it is missing.
        func object(_ name: StaticString) throws(Failure) -> Fields? {
            guard let value = member(name) else { return nil }
            guard value.isObject else { throw .badRequest }
            return Fields(value)
        }

        /// The object `input`, which is required.
        func input() throws(Failure) -> Fields {
            guard let input = try object("input") else { throw .noInput }
            return input
        }

        func parameters() throws(Failure) -> Fields? { try object("parameters") }

        func model() throws(Failure) -> String {
            guard let name = try string("model"), !name.isEmpty else { throw .noModelName }
            return name
        }

        func string(_ name: StaticString) throws(Failure) -> String? {
            guard let value = member(name) else { return nil }
            guard let text = value.string else { throw .badRequest }
            return text
        }

        /// A member that is one of several words.
        func word(_ name: StaticString, of words: [String]) throws(Failure) -> String? {
            guard let text = try string(name) else { return nil }
            guard words.contains(text) else {
                throw .parameter("\(name) must be one of \(words.joined(separator: ", "))")
            }
            return text
        }

        func bool(_ name: StaticString) throws(Failure) -> Bool? {
            guard let value = member(name) else { return nil }
            guard let answer = value.bool else { throw .badRequest }
            return answer
        }

        /// A member that is a number. Strings of digits are refused.
        func number(_ name: StaticString) throws(Failure) -> Double? {
            guard let value = member(name) else { return nil }
            guard let number = value.double else { throw .badRequest }
            return number
        }

        func int(_ name: StaticString, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
            guard let value = member(name) else { return nil }
            guard let number = value.int else { throw .badRequest }
            guard let count = Int(exactly: number), range.contains(count) else {
                throw .parameter("Range of \(name) should be [\(range.lowerBound), \(range.upperBound)]")
            }
            return count
        }

        /// A member that is a list of strings. It has at least one string, and none is empty.
        func strings(_ name: StaticString) throws(Failure) -> [String] {
            guard let value = member(name) else { throw .badRequest }
            guard value.isArray, value.arrayCount > 0 else { throw .badRequest }
            var texts: [String] = []
            try value.forEachElement { (item) throws(Failure) in
                guard let text = item.string, !text.isEmpty else { throw .badRequest }
                texts.append(text)
            }
            return texts
        }
    }
}
