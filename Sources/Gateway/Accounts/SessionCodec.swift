import Arithmetic
import COpenSSL

/// The session cookie: who logged in and when, signed with HMAC-SHA256. Roles and status are read from the database for
/// each request, so a cookie proves only the identity (spec/management-api.md, defect 2).
package struct SessionCodec: Sendable {
    package static let cookieName = "session"
    /// The lifetime in seconds.
    package static let lifetime: Int64 = 2_592_000

    /// How many seconds a cookie may be ahead of this machine's clock.
    private static let leeway: Int64 = 60

    private let key: [UInt8]

    package init(secret: Secret) { key = Array(secret.exposed.utf8) }

    /// The content of a cookie.
    package struct Session: Sendable, Equatable {
        package let userID: Int64
        /// It changes with the password, so that a new password ends other sessions.
        package let fingerprint: String
        /// Identifies this log-in, so that a log-out can end it.
        package let id: String
        /// When the cookie expires, in Unix seconds.
        package let expiry: Int64
    }

    package func encode(userID: Int64, fingerprint: String, now: Int64) -> String {
        let content = "\(now)|\(userID)|\(fingerprint)|\(RandomText.hexadecimal(16))"
        return "\(content)|\(signature(content))"
    }

    /// - Returns: `nil` for a cookie that is not ours, was changed or has expired.
    package func decode(_ cookie: String, now: Int64) -> Session? {
        let parts = cookie.split(separator: "|", omittingEmptySubsequences: false).map(String.init)
        // Check the signature first, so that everything after it works on our own data.
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
