import HTTP
import JSON

extension Azure {
    /// The credentials of a request (spec/wire/azure.md §1.3): a key, or a token of Entra ID.
    struct Credentials {
        private static let classic = "https://cognitiveservices.azure.com"
        private static let foundry = "https://ai.azure.com"

        private let apiKey: String?
        private let bearer: String?
        private let now: Int

        init(_ call: Call) {
            apiKey = call.headers["api-key"] ?? call.headers["Ocp-Apim-Subscription-Key"]
            let field = call.headers["Authorization"] ?? ""
            bearer = field.lowercased().hasPrefix("bearer ") ? String(field.dropFirst(7)) : nil
            now = call.ids.created
        }

        var key: String? { apiKey ?? bearer }

        /// - Parameter operation: the operation that the message names if the token's holder may not do it.
        func check(isV1: Bool, _ operation: Operation?) throws(Refusal) {
            if let apiKey {
                guard Self.isGood(key: apiKey) else { throw .badKey }
            } else if let bearer {
                // Only v1 takes a key as OpenAI does.
                if isV1, bearer.split(separator: ".", omittingEmptySubsequences: false).count != 3 {
                    guard Self.isGood(key: bearer) else { throw .badKey }
                    return
                }
                try check(token: bearer, isV1: isV1, operation)
            } else {
                throw .badKey
            }
        }

        /// A key has 32 hexadecimal digits, 84 letters and digits, or the mock's own form `sk-…`.
        private static func isGood(key: String) -> Bool {
            if key.firstRange(of: "mock-bad") != nil { return false }
            if key.hasPrefix("sk-") { return true }
            let letters = key.utf8
            if letters.count == 32 { return letters.allSatisfy(isHex) }
            return letters.count == 84 && key.allSatisfy { $0.isASCII && ($0.isLetter || $0.isNumber) }
        }

        private static func isHex(_ byte: UInt8) -> Bool {
            (0x30...0x39).contains(byte) || (0x61...0x66).contains(byte | 0x20)
        }

        private func check(token: String, isV1: Bool, _ operation: Operation?) throws(Refusal) {
            let audiences = isV1 ? [Self.foundry, Self.classic] : [Self.classic]
            let refusal = Refusal.badToken(audience: audiences.first ?? Self.classic)
            guard let claims = Self.claims(of: token), let audience = claims["aud"]?.string,
                let expiry = claims["exp"]?.double
            else { throw refusal }
            let bare = audience.hasSuffix("/") ? String(audience.dropLast()) : audience
            guard audiences.contains(bare), expiry > Double(now), token.firstRange(of: "mock-bad") == nil else {
                throw refusal
            }
            if let start = claims["nbf"]?.double, start > Double(now) { throw refusal }
            // The mock cannot verify the signature of a token. The token may say that its holder has no role.
            if token.firstRange(of: "mock-no-role") != nil {
                throw .noRole(principal: claims["oid"]?.string ?? Refusal.somebody, operation ?? .chat)
            }
        }

        private static func claims(of token: String) -> JSONObject? {
            let parts = token.split(separator: ".", omittingEmptySubsequences: false)
            guard parts.count == 3, !parts[2].isEmpty, json(parts[0])?["alg"]?.string != nil else { return nil }
            return json(parts[1])
        }

        private static func json(_ part: Substring) -> JSONObject? {
            let standard = String(part.map { $0 == "-" ? "+" : $0 == "_" ? "/" : $0 })
            guard let bytes = Base64.decode(standard) else { return nil }
            return (try? JSON.parse(bytes))?.object
        }
    }
}
