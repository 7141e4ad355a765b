import COpenSSL
import JSON

/// The JSON Web Token that Zhipu wants in place of the key (spec/wire/zhipu.md §1.1): HS256, times in milliseconds.
enum ZhipuToken {
    /// Seconds.
    private static let lifetime: Int64 = 30 * 60

    /// - Parameters:
    ///   - key: `id.secret`.
    ///   - time: now, in milliseconds since 1970.
    /// - Returns: `nil` for a key without its dot.
    static func make(key: String, time: Int64) -> AccessToken? {
        let parts = key.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2 else { return nil }
        let header = #"{"alg":"HS256","sign_type":"SIGN","typ":"JWT"}"#
        let claims = #"{"api_key":""# + parts[0] + #"","exp":\#(time &+ lifetime * 1000),"timestamp":\#(time)}"#
        let signed = url(Array(header.utf8)) + "." + url(Array(claims.utf8))
        let signature = url(hmac(Array(signed.utf8), key: Array(parts[1].utf8)))
        return AccessToken(text: signed + "." + signature, lifetime: lifetime)
    }

    private static func url(_ bytes: [UInt8]) -> String {
        var text = Base64.encode(bytes)
        while text.hasSuffix("=") { text.removeLast() }
        return String(
            decoding: text.utf8.map { $0 == 0x2b ? 0x2d : $0 == 0x2f ? 0x5f : $0 }, as: UTF8.self)
    }

    private static func hmac(_ content: [UInt8], key: [UInt8]) -> [UInt8] {
        var digest = [UInt8](repeating: 0, count: 32)
        var length: UInt32 = 0
        HMAC(EVP_sha256(), key, Int32(key.count), content, content.count, &digest, &length)
        return digest
    }
}
