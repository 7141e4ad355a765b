import HTTP
import JSON

/// A refusal of a management route: HTTP 200 with `success` false, as one-api's clients expect.
struct ManagementError: Error {
    let message: String
    /// The message for clients that prefer Chinese, where it differs (spec/management-api.md §8).
    let chinese: String
    let status: Int
    /// Whether the answer deletes the client's session cookie.
    let endsSession: Bool

    init(_ message: String, chinese: String? = nil, status: Int = 200, endsSession: Bool = false) {
        self.message = message
        self.chinese = chinese ?? message
        self.status = status
        self.endsSession = endsSession
    }

    func withStatus(_ status: Int) -> ManagementError { ManagementError(message, chinese: chinese, status: status) }

    static let invalidParameter = ManagementError("invalid parameter", chinese: "无效的参数")
    static let invalidInput = ManagementError(
        "Invalid input, please check your input", chinese: "无效的输入，请检查您的输入")
    static let notServedYet = ManagementError("尚未实现 / not served by this version")
    static let notFound = ManagementError("record not found")
}

/// The answer of a route.
struct ManagementAnswer {
    var members: [(String, JSON)]
    var cookie: String?

    /// `{"success":true,"message":"","data":…}`
    static func data(_ value: JSON) -> ManagementAnswer { ManagementAnswer(members: [("data", value)]) }
    static let done = ManagementAnswer(members: [])

    /// Adds `success` and `message`, unless the answer has its own or is a list in OpenAI's format.
    var object: JSON {
        var object = JSONObject()
        if !members.contains(where: { $0.0 == "object" }) {
            if !members.contains(where: { $0.0 == "success" }) { object.append("success", true) }
            if !members.contains(where: { $0.0 == "message" }) { object.append("message", "") }
        }
        for (name, value) in members { object.append(name, value) }
        return .object(object)
    }
}

/// A JSON object that a client sent. Its names match in upper and lower case, and the types of its values are checked.
struct InputObject: Sendable {
    /// The most bytes of a request's body, which is an object typed by hand or by the dashboard.
    static let bodyLimit = 4 << 20
    /// The limit for routes that anybody may call.
    static let strangersLimit = 64 << 10

    private let members: [String: JSON]

    init(_ body: [UInt8]) throws {
        guard let object = (try? JSON.parse(body))?.object else { throw ManagementError.invalidParameter }
        members = Dictionary(object.members.map { ($0.key.lowercased(), $0.value) }) { _, last in last }
    }

    private init(members: [String: JSON]) { self.members = members }

    /// The members whose values differ from the stored row's. An edit checks and writes only these, so that it is never
    /// refused for a value that it leaves as it is: the pages send whole rows, and older rows may hold values that are
    /// no longer accepted.
    /// - Parameter row: the row in the form in which a route shows it.
    func changes(from row: JSON) -> InputObject {
        InputObject(members: members.filter { row[$0.key] != $0.value })
    }

    /// Whether the member is there and is `null`.
    func isNull(_ name: String) -> Bool { members[name]?.isNull == true }

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

    func int(_ name: String, _ range: ClosedRange<Int64>) throws -> Int64? {
        guard let number = try int(name) else { return nil }
        guard range.contains(number) else {
            throw wrong(name, "an integer from \(range.lowerBound) to \(range.upperBound)")
        }
        return number
    }

    /// A text to be stored. It has no more Unicode scalars than the limit and no NUL, which SQL servers refuse.
    func text(_ name: String, limit: Int) throws -> String? {
        guard let text = try text(name) else { return nil }
        guard text.hasAtMost(limit), !text.utf8.contains(0) else {
            throw wrong(name, "a string of at most \(limit) characters, without NUL")
        }
        return text
    }

    /// The case of an enumeration that has this number. 0 counts as absent, as in one-api.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _: Choice.Type) throws -> Choice?
    where Choice.RawValue == Int64 {
        guard let number = try int(name), number != 0 else { return nil }
        guard let choice = Choice(rawValue: number) else {
            let numbers = Choice.allCases.map { String($0.rawValue) }
            throw wrong(name, "one of " + numbers.joined(separator: ", "))
        }
        return choice
    }

    /// An amount of quota. The limit is far beyond any sum of money, and small enough that sums of amounts do not
    /// overflow.
    func quota(_ name: String) throws -> Int64? {
        guard let amount = try int(name) else { return nil }
        guard amount.magnitude <= 1 << 60 else { throw wrong(name, "an integer of at most 2^60") }
        return amount
    }

    func bool(_ name: String) throws -> Bool? {
        guard let value = members[name], !value.isNull else { return nil }
        guard let flag = value.bool else { throw wrong(name, "a boolean") }
        return flag
    }

    private func wrong(_ name: String, _ kind: String) -> ManagementError {
        ManagementError("invalid parameter: \(name) must be \(kind)", chinese: "无效的参数：\(name) must be \(kind)")
    }
}
