import Chat
import JSON

/// Reads the members of an object by type, and remembers which were read, so that the others can be kept.
struct FieldReader {
    private let object: JSONObject
    /// The object's path, such as `messages[2]`; empty at the top level. It is made into text only when an error names
    /// it.
    private let place: () -> String
    /// The members that were read: one bit each for the first 64, and the numbers of the others.
    private var readBits: UInt64 = 0
    private var readBeyond: Set<Int> = []
    /// The members that were not read.
    private var unread: Int

    /// - Throws: `invalid_type` if the value is not an object.
    init(_ value: JSON, at place: @escaping () -> String = { "" }) throws(RequestError) {
        guard let object = value.object else { throw Self.wrongType(place(), "an object", value) }
        self.object = object
        self.place = place
        unread = object.members.count
    }

    func path(_ key: String) -> String { Self.path(place(), key) }

    /// The path of an element in a member's array.
    func place(_ key: String, _ index: Int) -> () -> String {
        { [place] in Self.path(place(), key) + "[\(index)]" }
    }

    private static func path(_ place: String, _ key: String) -> String { place.isEmpty ? key : place + "." + key }

    /// Whether the member is present and not null. This does not mark it as read.
    func isThere(_ key: String) -> Bool { object[key].map { !$0.isNull } ?? false }

    /// The value of a member, which stays among the unread ones.
    func peek(_ key: String) -> JSON? { object[key] }

    /// The value of a member unless it is null. A member is read once.
    mutating func value(_ key: String) -> JSON? {
        // Most requests have few members, but all possible ones are asked for: stop early when all were read.
        guard unread > 0 else { return nil }
        var found: JSON?
        for index in object.members.indices where object.members[index].key == key && !isRead(index) {
            if index < 64 { readBits |= 1 << UInt64(index) } else { readBeyond.insert(index) }
            unread -= 1
            found = object.members[index].value
        }
        guard let found, !found.isNull else { return nil }
        return found
    }

    private func isRead(_ index: Int) -> Bool {
        index < 64 ? readBits & (1 << UInt64(index)) != 0 : readBeyond.contains(index)
    }

    mutating func string(_ key: String) throws(RequestError) -> String? {
        guard let value = value(key) else { return nil }
        guard let text = value.string else { throw Self.wrongType(path(key), "a string", value) }
        return text
    }

    /// A name or a similar text of at most 256 bytes, because it is looked up, compared and repeated in errors.
    mutating func word(_ key: String) throws(RequestError) -> String? {
        guard let text = try string(key) else { return nil }
        guard text.utf8.count <= 256 else {
            throw RequestError(
                .invalidValue, "Invalid '\(path(key))': expected 256 bytes at most.", parameter: path(key))
        }
        return text
    }

    mutating func requiredString(_ key: String) throws(RequestError) -> String {
        guard let text = try string(key) else { throw missing(key) }
        return text
    }

    mutating func bool(_ key: String) throws(RequestError) -> Bool? {
        guard let value = value(key) else { return nil }
        guard let flag = value.bool else { throw Self.wrongType(path(key), "a boolean", value) }
        return flag
    }

    mutating func int(_ key: String) throws(RequestError) -> Int64? {
        guard let value = value(key) else { return nil }
        guard let number = value.int else { throw Self.wrongType(path(key), "an integer", value) }
        return number
    }

    mutating func double(_ key: String) throws(RequestError) -> Double? {
        guard let value = value(key) else { return nil }
        guard let number = value.double else { throw Self.wrongType(path(key), "a decimal", value) }
        return number
    }

    mutating func array(_ key: String) throws(RequestError) -> [JSON]? {
        guard let value = value(key) else { return nil }
        guard let items = value.array else { throw Self.wrongType(path(key), "an array", value) }
        return items
    }

    mutating func strings(_ key: String) throws(RequestError) -> [String]? {
        guard let value = value(key) else { return nil }
        return try strings(value, key)
    }

    /// The value of a member that was already read.
    func strings(_ value: JSON, _ key: String) throws(RequestError) -> [String] {
        guard let items = value.array else { throw Self.wrongType(path(key), "an array", value) }
        var texts: [String] = []
        for (index, item) in items.enumerated() {
            guard let text = item.string else { throw Self.wrongType(place(key, index)(), "a string", item) }
            texts.append(text)
        }
        return texts
    }

    /// Any object, which is kept as it is.
    mutating func object(_ key: String) throws(RequestError) -> JSON? {
        guard let value = value(key) else { return nil }
        guard value.object != nil else { throw Self.wrongType(path(key), "an object", value) }
        return value
    }

    /// A reader of an object that must be present.
    mutating func requiredReader(_ key: String) throws(RequestError) -> FieldReader {
        guard let value = value(key) else { throw missing(key) }
        return try reader(value, key)
    }

    /// A reader of the object in a member that was already read.
    func reader(_ value: JSON, _ key: String) throws(RequestError) -> FieldReader {
        try FieldReader(value) { [place] in Self.path(place(), key) }
    }

    /// The members that were not read; `nil` if there are none. A null counts as a member that the client left out.
    var rest: Extras? {
        guard unread > 0 else { return nil }
        var members = JSONObject()
        for (index, member) in object.members.enumerated() where !isRead(index) && !member.value.isNull {
            members.append(member.key, member.value)
        }
        return members.members.isEmpty ? nil : Extras(.openAI, members)
    }

    func missing(_ key: String) -> RequestError {
        RequestError(
            .missingParameter, "Missing required parameter: '\(path(key))'.", parameter: path(key))
    }

    static func wrongType(_ path: String, _ expected: String, _ value: JSON) -> RequestError {
        let found =
            switch value {
            case .null: "null"
            case .bool: "a boolean"
            case .number(let number): number.int == nil ? "a decimal" : "an integer"
            case .string: "a string"
            case .array: "an array"
            case .object: "an object"
            }
        return RequestError(
            .invalidType, "Invalid type for '\(path)': expected \(expected), but got \(found) instead.", parameter: path
        )
    }
}
