import HTTP
import JSON

/// A refusal of a management route: HTTP 200 with `success` false, as one-api's clients expect.
struct ManagementError: Error {
    let message: String
    /// For clients who prefer Chinese, where the two differ (spec/management-api.md §8).
    let chinese: String
    let status: Int
    /// Takes the session cookie from the client.
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

/// What a route answers.
struct ManagementAnswer {
    var members: [(String, JSON)]
    var cookie: String?

    /// `{"success":true,"message":"","data":…}`
    static func data(_ value: JSON) -> ManagementAnswer { ManagementAnswer(members: [("data", value)]) }
    static let done = ManagementAnswer(members: [])

    /// With `success` and `message`, unless the answer has its own or is a list in OpenAI's form.
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

/// An object from outside: names match in any letter case, and the kinds of values are checked.
struct InputObject: Sendable {
    /// Bytes of a request's body, which is an object typed by hand or by the dashboard.
    static let bodyLimit = 4 << 20
    /// Of whoever has not said yet who he is.
    static let strangersLimit = 64 << 10

    private let members: [String: JSON]

    init(_ body: [UInt8]) throws {
        guard let object = (try? JSON.parse(body))?.object else { throw ManagementError.invalidParameter }
        members = Dictionary(object.members.map { ($0.key.lowercased(), $0.value) }) { _, last in last }
    }

    private init(members: [String: JSON]) { self.members = members }

    /// The members whose values a stored row does not have already. An edit checks and writes these alone, so that it is
    /// never refused for what it leaves as it is: the pages send whole rows, and older rows may hold what is not taken any
    /// more.
    /// - Parameter row: as a route shows it.
    func changes(from row: JSON) -> InputObject {
        InputObject(members: members.filter { row[$0.key] != $0.value })
    }

    /// Whether the member is there and says that there is no value.
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

    /// A text to be stored: no more Unicode scalars than the limit, and no NUL, which SQL servers refuse.
    func text(_ name: String, limit: Int) throws -> String? {
        guard let text = try text(name) else { return nil }
        guard text.hasAtMost(limit), !text.utf8.contains(0) else {
            throw wrong(name, "a string of at most \(limit) characters, without NUL")
        }
        return text
    }

    /// A number that one of an enumeration's cases has; 0 counts as absent, as in one-api.
    func choice<Choice: RawRepresentable & CaseIterable>(_ name: String, _: Choice.Type) throws -> Choice?
    where Choice.RawValue == Int64 {
        guard let number = try int(name), number != 0 else { return nil }
        guard let choice = Choice(rawValue: number) else {
            let numbers = Choice.allCases.map { String($0.rawValue) }
            throw wrong(name, "one of " + numbers.joined(separator: ", "))
        }
        return choice
    }

    /// An amount of quota. Far beyond any sum of money, but small enough that sums of such amounts fit.
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
