import JSON

extension Zhipu {
    /// Typed members of a body; `null` is absent, since the SDKs send unset options so.
    struct Fields {
        let body: JSONView

        init(_ call: Call) throws(Failure) {
            switch call.content {
            case .json(let view) where view.isObject: body = view
            case .tooLarge: throw .code(1261)
            default: throw .code(1210)
            }
        }

        init(_ body: JSONView) { self.body = body }

        func member(_ name: StaticString) -> JSONView? {
            guard let value = body[name], !value.isNull else { return nil }
            return value
        }

        func string(_ name: StaticString) throws(Failure) -> String? {
            guard let value = member(name) else { return nil }
            guard let text = value.string else { throw .invalid("\(name)") }
            return text
        }

        /// A string that must be there and say something.
        func needed(_ name: StaticString) throws(Failure) -> String {
            guard let text = try string(name), !text.isEmpty else { throw .missing("\(name)") }
            return text
        }

        func bool(_ name: StaticString) throws(Failure) -> Bool? {
            guard let value = member(name) else { return nil }
            guard let answer = value.bool else { throw .invalid("\(name)") }
            return answer
        }

        func int(_ name: StaticString, _ range: ClosedRange<Int>) throws(Failure) -> Int? {
            guard let value = member(name) else { return nil }
            guard let number = value.int.flatMap({ Int(exactly: $0) }), range.contains(number) else {
                throw .invalid("\(name)")
            }
            return number
        }

        /// - Parameter isOpen: the bounds themselves are refused.
        func check(_ name: StaticString, _ range: ClosedRange<Double>, isOpen: Bool) throws(Failure) {
            guard let value = member(name) else { return }
            guard let number = value.double, range.contains(number) else { throw .invalid("\(name)") }
            if isOpen, number == range.lowerBound || number == range.upperBound { throw .invalid("\(name)") }
        }

        func object(_ name: StaticString) throws(Failure) -> JSONView? {
            guard let value = member(name) else { return nil }
            guard value.isObject else { throw .invalid("\(name)") }
            return value
        }

        /// The model asked for, if the endpoint can use it.
        func model(for kind: Model.Kind, method: String) throws(Failure) -> Model {
            let name = try needed("model")
            guard let model = Model.find(name, for: kind) else { throw .code(1211) }
            guard model.kind == kind else { throw .unsupported(method) }
            return model
        }

        /// The caller's id for the request, 6 to 64 characters; the user's id has 6 to 128.
        func requestID() throws(Failure) -> String? {
            if let user = try string("user_id"), !(6...128).contains(user.count) { throw .invalid("user_id") }
            guard let id = try string("request_id") else { return nil }
            guard (6...64).contains(id.count) else { throw .invalid("request_id") }
            return id
        }

        /// Who talks to whom, which characters need (spec/wire/zhipu.md §2).
        func checkMeta() throws(Failure) {
            guard let meta = try object("meta") else { throw .missing("meta") }
            for name in ["user_info", "bot_info", "bot_name", "user_name"] {
                guard let value = JSON(meta)[name]?.string, !value.isEmpty else { throw .missing("meta") }
            }
        }
    }
}
