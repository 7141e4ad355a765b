import Arithmetic
import Database

/// The cache of `TokenDirectory`. Entries can be removed by token and by user.
struct KnownPrincipals {
    /// The most entries. Beyond it the cache is emptied.
    private static let limit = 100_000
    /// Keys that no token has, so that a flood of invented keys causes no reads (spec/scale-out.md §3.1).
    private static let unknownLimit = 10_000
    /// How many nanoseconds such a key is remembered. Another program may add a token with this key to the table.
    private static let unknownLifetime: UInt64 = 2_000_000_000
    /// The longest key in bytes that is remembered as unknown. Our keys have 48.
    private static let unknownKeyLimit = 128

    private(set) var principals: [String: Principal] = [:]
    /// The key of each token.
    private var keys: [Int64: String] = [:]
    /// The tokens of each user.
    private var tokens: [Int64: Set<Int64>] = [:]
    /// When each unknown key expires, in monotonic nanoseconds.
    var unknown: [String: UInt64] = [:]

    mutating func keep(_ principal: Principal) {
        if principals.count >= Self.limit { self = KnownPrincipals() }
        principals[principal.token.key] = principal
        keys[principal.token.id] = principal.token.key
        tokens[principal.user.id, default: []].insert(principal.token.id)
    }

    mutating func forget(token id: Int64) {
        guard let key = keys.removeValue(forKey: id), let principal = principals.removeValue(forKey: key) else {
            return
        }
        let user = principal.user.id
        tokens[user]?.remove(id)
        if tokens[user]?.isEmpty == true { tokens[user] = nil }
    }

    mutating func forget(user id: Int64) {
        for token in tokens[id] ?? [] { forget(token: token) }
    }

    mutating func noteUnknown(_ key: String, at now: UInt64) {
        guard key.utf8.count <= Self.unknownKeyLimit else { return }
        if unknown.count >= Self.unknownLimit { unknown.removeAll() }
        unknown[key] = now.plus(Self.unknownLifetime)
    }

    func isUnknown(_ key: String, at now: UInt64) -> Bool {
        guard let end = unknown[key] else { return false }
        return now < end
    }
}
