import Database
import EventLoop

/// A user object from outside, its lengths checked (spec/management-api.md §5.3).
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
        let isRight =
            (username?.unicodeScalars.count ?? 0) <= 12 && (displayName?.unicodeScalars.count ?? 0) <= 20
            && (email?.unicodeScalars.count ?? 0) <= 50
            && (password.map { (8...20).contains($0.unicodeScalars.count) } ?? true)
        guard isRight else {
            throw ManagementError(
                "输入不合法 / Invalid input: username up to 12 characters, display_name up to 20, password 8 to 20, email up to 50"
            )
        }
    }

    /// Columns to write for name, display name and password; absent ones stay.
    func changes() async throws -> Changes {
        var changes = Changes()
        if let username { changes.set("username", .text(username)) }
        if let displayName { changes.set("display_name", .text(displayName)) }
        if let password { changes.set("password", .text(try await Password.hash(password))) }
        return changes
    }

    /// Runs a change and turns a clash of names into words.
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
