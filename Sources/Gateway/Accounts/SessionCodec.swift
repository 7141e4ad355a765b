import Arithmetic
import COpenSSL

/// The session cookie: who logged in when, signed with HMAC-SHA256. Roles and status are read from the database on each
/// request, so that a cookie proves nothing but identity (spec/management-api.md, defect 2).
package struct SessionCodec: Sendable {
    package static let cookieName = "session"
    /// Seconds.
    package static let lifetime: Int64 = 2_592_000

    /// Seconds that a cookie may be ahead of this machine's clock.
    private static let leeway: Int64 = 60

    private let key: [UInt8]

    package init(secret: Secret) { key = Array(secret.exposed.utf8) }

    /// What a cookie holds.
    package struct Session: Sendable, Equatable {
        package let userID: Int64
        /// Changes with the password, so that a changed one ends other sessions.
        package let fingerprint: String
        /// Tells this log-in from every other, so that a log-out can end it.
        package let id: String
        /// Unix seconds after which the cookie is worth nothing.
        package let expiry: Int64
    }

    package func encode(userID: Int64, fingerprint: String, now: Int64) -> String {
        let content = "\(now)|\(userID)|\(fingerprint)|\(RandomText.hexadecimal(16))"
        return "\(content)|\(signature(content))"
    }

    /// - Returns: `nil` for a cookie that is not ours, was changed, or is too old.
    package func decode(_ cookie: String, now: Int64) -> Session? {
        let parts = cookie.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        // First of all: whatever else is done with the parts is done with our own.
        guard parts.count == 5, constantTimeEqual(signature(parts[0..<4].joined(separator: "|")), parts[4]) else {
            return nil
        }
        guard let time = Int64(parts[0]), let id = Int64(parts[1]), time <= now.plus(Self.leeway),
            now.minus(time) < Self.lifetime
        else { return nil }
        return Session(userID: id, fingerprint: parts[2], id: parts[3], expiry: time.plus(Self.lifetime))
    }

    /// A short digest of a password's hash.
    package func fingerprint(of passwordHash: String) -> String {
        String(signature("password|" + passwordHash).prefix(16))
    }

    private func signature(_ text: String) -> String {
        var digest = [UInt8](repeating: 0, count: Int(EVP_MAX_MD_SIZE))
        var length: UInt32 = 0
        let content = Array(text.utf8)
        HMAC(EVP_sha256(), key, Int32(clamping: key.count), content, content.count, &digest, &length)
        return hexadecimal(digest[..<Int(length)])
    }
}

func hexadecimal(_ bytes: some Sequence<UInt8>) -> String {
    let digits = Array("0123456789abcdef")
    var text = ""
    for byte in bytes {
        text.append(digits[Int(byte >> 4)])
        text.append(digits[Int(byte & 15)])
    }
    return text
}

/// Random texts from the system's generator.
package enum RandomText {
    package static func hexadecimal(_ count: Int) -> String {
        Gateway.hexadecimal((0..<((count + 1) / 2)).map { _ in UInt8.random(in: .min ... .max) }).prefix(count)
            .description
    }

    package static func alphanumeric(_ count: Int) -> String {
        let letters = Array("0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
        return String((0..<count).compactMap { _ in letters.randomElement() })
    }

    /// A token's key: 48 characters without `-` (spec/database.md §3.2).
    package static func tokenKey() -> String { alphanumeric(16) + hexadecimal(32) }
}
