import CCrypt
import EventLoop

/// bcrypt by libxcrypt, in the form that one-api stores: `$2a$`, cost 10 (spec/database.md §3.3).
package enum Password {
    /// bcrypt reads at most this many bytes, and none after a NUL.
    package static let maxBytes = 72

    package static func isHashable(_ password: String) -> Bool {
        password.utf8.count <= maxBytes && !password.utf8.contains(0)
    }

    /// Hashes on a worker thread. It takes tens of milliseconds on purpose.
    package static func hash(_ password: String) async throws -> String {
        try await Blocking.run {
            let salt = (0..<16).map { _ in UInt8.random(in: .min ... .max) }.map { CChar(bitPattern: $0) }
            var setting = [CChar](repeating: 0, count: Int(CRYPT_GENSALT_OUTPUT_SIZE))
            guard crypt_gensalt_rn("$2a$", 10, salt, 16, &setting, Int32(setting.count)) != nil else {
                throw PasswordError.failed
            }
            guard
                let hash = crypt(
                    password,
                    setting: String(decoding: setting.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self))
            else { throw PasswordError.failed }
            return hash
        }
    }

    /// A hash that no password has, to compare with if there is no user.
    package static let nobody = "$2a$10$abcdefghijklmnopqrstuuaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"

    /// Compares on a worker thread. Returns false for an account without a password.
    package static func matches(_ password: String, hash: String) async -> Bool {
        guard !hash.isEmpty, isHashable(password) else { return false }
        let result = try? await Blocking.run { crypt(password, setting: hash) }
        guard let computed = result ?? nil else { return false }
        return constantTimeEqual(computed, hash)
    }

    private static func crypt(_ password: String, setting: String) -> String? {
        let data = UnsafeMutablePointer<crypt_data>.allocate(capacity: 1)
        data.initialize(to: crypt_data())
        defer { data.deallocate() }
        guard let result = crypt_rn(password, setting, data, Int32(MemoryLayout<crypt_data>.size)) else { return nil }
        let text = String(cString: result)
        return text.hasPrefix("*") ? nil : text
    }
}

enum PasswordError: Error { case failed }

/// Compares two texts in a time that does not depend on where they differ.
func constantTimeEqual(_ left: String, _ right: String) -> Bool {
    let (left, right) = (Array(left.utf8), Array(right.utf8))
    guard left.count == right.count else { return false }
    return zip(left, right).reduce(UInt8(0)) { $0 | ($1.0 ^ $1.1) } == 0
}
