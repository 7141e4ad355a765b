import HTTP
import JSON

extension Zhipu {
    /// The credential in `Authorization`: `Bearer <id>.<secret>`, or a signed token with or without `Bearer`
    /// (spec/wire/zhipu.md §1.1).
    ///
    /// The secret of each id is `<id>-secret`, because the mock must know it to verify signatures.
    struct Credential {
        private enum Kind {
            case none, malformed
            case plain(secret: String)
            case token(Token)
        }

        private struct Token {
            let signed: String
            let signature: [UInt8]
            let isRightKind: Bool
            /// The times in milliseconds since 1970.
            let expiry: Double
        }

        /// The public half of the key.
        let id: String?
        private let kind: Kind

        init(_ headers: HTTPHeaders) {
            guard let field = headers["Authorization"], !field.isEmpty else {
                (id, kind) = (nil, .none)
                return
            }
            let isBearer = field.lowercased().hasPrefix("bearer ")
            let text = isBearer ? String(field.dropFirst(7).drop { $0 == " " }) : field
            let parts = text.split(separator: ".", omittingEmptySubsequences: false).map(String.init)
            if parts.contains("") {
                (id, kind) = (nil, .malformed)
            } else if parts.count == 2, isBearer {
                (id, kind) = (parts[0], .plain(secret: parts[1]))
            } else if parts.count == 3, let (owner, token) = Self.token(parts) {
                (id, kind) = (owner, .token(token))
            } else {
                (id, kind) = (nil, .malformed)
            }
        }

        private static func token(_ parts: [String]) -> (String, Token)? {
            guard let header = json(parts[0]), let claims = json(parts[1]), let signature = bytes(parts[2]),
                let owner = claims["api_key"]?.string, let expiry = claims["exp"]?.double
            else { return nil }
            let isRightKind = header["alg"]?.string == "HS256" && header["sign_type"]?.string == "SIGN"
            return (
                owner,
                Token(
                    signed: parts[0] + "." + parts[1], signature: signature, isRightKind: isRightKind, expiry: expiry)
            )
        }

        private static func json(_ part: String) -> JSON? {
            guard let bytes = bytes(part) else { return nil }
            return try? JSON.parse(bytes)
        }

        /// Base64 in the alphabet for URLs (RFC 4648 §5), which tokens use without padding.
        private static func bytes(_ part: String) -> [UInt8]? {
            let usual = part.utf8.map { $0 == 0x2d ? 0x2b : $0 == 0x5f ? 0x2f : $0 }
            return Base64.decode(String(decoding: usual, as: UTF8.self))
        }

        func check() throws(Failure) {
            switch kind {
            case .none: throw .code(1001)
            case .malformed: throw .code(1002)
            case .plain(let secret):
                guard let id, !Self.isBad(id), secret == Self.secret(of: id) else { throw .code(1000) }
                if Self.isOld(id) { throw .code(1003) }
            case .token(let token):
                guard let id, token.isRightKind else { throw .code(1002) }
                if Self.isBad(id) { throw .code(1000) }
                let expected = Digest.hmacBytes(key: Array(Self.secret(of: id).utf8), Array(token.signed.utf8))
                guard token.signature == expected else { throw .code(1004) }
                if token.expiry <= wallClock() * 1000 || Self.isOld(id) { throw .code(1003) }
            }
        }

        static func secret(of id: String) -> String { id + "-secret" }
        private static func isBad(_ id: String) -> Bool { id.firstRange(of: "mock-bad") != nil }
        private static func isOld(_ id: String) -> Bool { id.firstRange(of: "mock-expired") != nil }
    }
}
