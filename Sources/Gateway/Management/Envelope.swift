import HTTP
import JSON

/// A refusal of a management route: HTTP 200 with `success` false, as one-api's clients expect.
struct ManagementError: Error {
    let message: String
    var status = 200

    init(_ message: String, status: Int = 200) {
        self.message = message
        self.status = status
    }

    static let invalidParameter = ManagementError("invalid parameter")
    static let notFound = ManagementError("record not found")
}

/// What a route answers.
struct ManagementAnswer {
    var members: [(String, JSON)]
    var cookie: String?

    /// `{"success":true,"message":"","data":…}`
    static func data(_ value: JSON) -> ManagementAnswer { ManagementAnswer(members: [("data", value)]) }
    static let done = ManagementAnswer(members: [])
}

/// An object from outside: names match in any letter case, and the kinds of values are checked.
struct InputObject {
    private let members: [String: JSON]

    init(_ body: [UInt8]) throws {
        guard let object = (try? JSON.parse(body))?.object else { throw ManagementError.invalidParameter }
        members = Dictionary(object.members.map { ($0.key.lowercased(), $0.value) }) { _, last in last }
    }

    func has(_ name: String) -> Bool { members[name].map { !$0.isNull } ?? false }

    func text(_ name: String) throws -> String? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let text = value.string else { throw wrong(name, "a string") }
        return text
    }

    func int(_ name: String) throws -> Int64? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let number = value.int else { throw wrong(name, "an integer") }
        return number
    }

    func bool(_ name: String) throws -> Bool? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let flag = value.bool else { throw wrong(name, "a boolean") }
        return flag
    }

    private func wrong(_ name: String, _ kind: String) -> ManagementError {
        ManagementError("invalid parameter: \(name) must be \(kind)")
    }
}
