import JSON

extension Zhipu {
    /// The typed members of a body. `null` is the same as a missing member, because the SDKs send unset options as
    /// `null`.
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

        /// A string, or a whole number, which the service reads as a string of digits.
        func digitsOrString(_ name: StaticString) throws(Failure) -> String? {
            if let number = member(name)?.int { return String(number) }
            return try string(name)
        }

        /// A string that must be present and not empty.
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

        /// The model that the request names, if the endpoint can use it.
        func model(for kind: Model.Kind, method: String) throws(Failure) -> Model {
            let name = try needed("model")
            guard let model = Model.find(name, for: kind) else { throw .code(1211) }
            guard model.kind == kind else { throw .unsupported(method) }
            return model
        }

        /// The request id that the caller chose: 6 to 64 characters. The user id, which is checked here too, has 6 to
        /// 128.
        func requestID() throws(Failure) -> String? {
            if let user = try digitsOrString("user_id"), !(6...128).contains(user.count) { throw .invalid("user_id") }
            guard let id = try digitsOrString("request_id") else { return nil }
            guard (6...64).contains(id.count) else { throw .invalid("request_id") }
            return id
        }

        /// Checks that the names and descriptions which role-playing models need are there (spec/wire/zhipu.md §2).
        func checkMeta() throws(Failure) {
            guard let meta = try object("meta") else { throw .missing("meta") }
            for name in ["user_info", "bot_info", "bot_name", "user_name"] {
                guard let value = JSON(meta)[name]?.string, !value.isEmpty else { throw .missing("meta") }
            }
        }
    }
}
