import Database
import EventLoop

/// A user object that a client sent. `problem` checks the lengths of its texts (spec/management-api.md §5.3).
struct UserInput {
    let username: String?
    let password: String?
    let displayName: String?
    let email: String?

    init(_ input: InputObject) throws {
        username = try input.text("username").flatMap { $0.isEmpty ? nil : $0 }
        password = try input.text("password").flatMap { $0.isEmpty ? nil : $0 }
        displayName = try input.text("display_name").flatMap { $0.isEmpty ? nil : $0 }
        email = try input.text("email").flatMap { $0.isEmpty ? nil : $0 }
    }

    /// Says which text is too long or too short, counted in Unicode scalars and not in bytes; `nil` if none is.
    var problem: String? {
        func isLong(_ text: String?, _ limit: Int) -> Bool { text.map { !$0.hasAtMost(limit) } ?? false }
        if isLong(username, 12) { return "username has more than 12 characters" }
        if isLong(displayName, 20) { return "display_name has more than 20 characters" }
        if isLong(email, 50) { return "email has more than 50 characters" }
        for text in [username, displayName, email] where text?.utf8.contains(0) == true {
            return "a text must not hold a NUL"
        }
        guard let password else { return nil }
        guard password.hasAtMost(20), password.unicodeScalars.count >= 8 else {
            return "password must have 8 to 20 characters"
        }
        return Password.isHashable(password) ? nil : "password must have at most 72 bytes and no NUL"
    }

    /// - Throws: `invalidInput` if `problem` finds one.
    func checked() throws -> UserInput {
        if problem != nil { throw ManagementError.invalidInput }
        return self
    }

    /// The columns to write for name, display name and password. Absent members stay as they are.
    func changes() async throws -> Changes {
        var changes = Changes()
        if let username { changes.set("username", .text(username)) }
        if let displayName { changes.set("display_name", .text(displayName)) }
        if let password { changes.set("password", .text(try await Password.hash(password))) }
        return changes
    }

    /// Runs a change and turns a clash of names into a message for the caller.
    static func guardingNames<T: Sendable>(
        _ body: @escaping @Sendable (Connection) throws -> T
    ) -> (any Database) async throws -> T {
        { database in
            do { return try await database.write(body) } catch DatabaseError.constraint {
                throw ManagementError("用户名已被占用 / this username or code is taken")
            }
        }
    }
}
