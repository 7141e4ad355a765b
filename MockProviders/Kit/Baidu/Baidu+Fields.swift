import HTTP
import JSON

extension Baidu {
    /// The typed members of a body. A wrong type throws the refusal of the generation that reads the body.
    ///
    /// Unknown members are accepted, because the SDK always sends `extra_parameters`.
    struct Fields {
        let body: JSONView
        let dialect: Dialect

        /// Reads the call's body, which has to be an object.
        init(_ call: Call, _ dialect: Dialect) throws(Failure) {
            // The platform does not check the content type.
            if dialect == .workshop, let type = call.headers["Content-Type"], !Self.isJSON(type) {
                throw .workshop(336102, "Invalid Content-Type")
            }
            switch call.content {
            case .json(let view) where view.isObject: self.init(view, dialect)
            case .tooLarge:
                throw dialect == .workshop
                    ? .workshop(336103, "Prompt tokens too long")
                    : .request("characters_too_long", "the max input characters is 67108864")
            default: throw dialect == .workshop ? .notJSON : .request("malformed_json", "Invalid Argument")
            }
        }

        init(_ body: JSONView, _ dialect: Dialect) {
            self.body = body
            self.dialect = dialect
        }

        private static func isJSON(_ type: String) -> Bool { type.lowercased().firstRange(of: "json") != nil }

        /// A member that is present and not `null`.
        func member(_ name: StaticString) -> JSONView? {
            guard let value = body[name], !value.isNull else { return nil }
            return value
        }

        func string(_ name: StaticString) throws(Failure) -> String? {
            guard let value = member(name) else { return nil }
            guard let text = value.string else { throw .kind("\(name)", dialect) }
            return text
        }

        /// A string that must be present and not empty.
        func needed(_ name: StaticString) throws(Failure) -> String {
            guard let text = try string(name), !text.isEmpty else { throw .value("\(name) can not be empty", dialect) }
            return text
        }

        func bool(_ name: StaticString) throws(Failure) -> Bool? {
            guard let value = member(name) else { return nil }
            guard let answer = value.bool else { throw .kind("\(name)", dialect) }
            return answer
        }

        /// - Parameter isOpen: the lower bound itself is refused.
        func check(_ name: StaticString, _ range: ClosedRange<Double>, isOpen: Bool = false) throws(Failure) {
            guard let value = member(name) else { return }
            guard let number = value.double else { throw .kind("\(name)", dialect) }
            if range.contains(number), !isOpen || number > range.lowerBound { return }
            throw .value("\(name) is invalid", dialect)
        }

        func int(_ name: StaticString, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
            guard let value = member(name) else { return nil }
            guard let number = value.int else { throw .kind("\(name)", dialect) }
            guard let count = Int(exactly: number), range.contains(count) else {
                throw .value("\(name) is not valid", dialect)
            }
            return count
        }

        func strings(_ name: StaticString) throws(Failure) -> [String]? {
            guard let value = member(name) else { return nil }
            guard value.isArray else { throw .kind("\(name)", dialect) }
            var texts: [String] = []
            try value.forEachElement { (item) throws(Failure) in
                guard let text = item.string else { throw .kind("\(name)", dialect) }
                texts.append(text)
            }
            return texts
        }

        func stops() throws(Failure) -> [String] {
            // The platform takes a single string, as OpenAI does.
            if dialect == .platform, let word = member("stop")?.string { return [word] }
            let words = try strings("stop") ?? []
            if words.count > 4 || words.contains(where: { $0.utf8.count > 20 && $0.count > 20 }) {
                throw .value("stop is invalid", dialect)
            }
            return words
        }
    }

    /// Whether a function's name is valid: letters, digits, `_` and `-`, at most 64.
    static func isName(_ name: String) -> Bool {
        !name.isEmpty && name.utf8.count <= 64
            && name.utf8.allSatisfy { byte in
                switch byte {
                case 0x30...0x39, 0x41...0x5a, 0x61...0x7a, 0x5f, 0x2d: true
                default: false
                }
            }
    }
}

extension Prompt.Tool {
    /// A function whose schema may be empty. It then takes no arguments.
    init(name: String, schema: JSON?) {
        let saysNothing = schema?.object?.members.isEmpty ?? true
        self.init(name: name, parameters: saysNothing ? .null : schema ?? .null)
    }
}
