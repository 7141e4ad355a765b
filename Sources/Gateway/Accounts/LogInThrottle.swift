import Synchronization

/// Limits how often passwords of one account may be tried, from all addresses together.
///
/// Each failed try counts for the account for twenty minutes. A correct password does not count. Beyond the limit an
/// account is closed to strangers but not to its owner: addresses that have logged in before have only the limit of
/// addresses, sessions and access tokens have no such limit, and refused tries do not count. So nobody can lock an
/// owner out of the places that he uses.
package final class LogInThrottle: Sendable {
    package static let limit = 20
    package static let seconds: UInt64 = 1200
    /// The most addresses that an account remembers, and the most accounts with such addresses.
    private static let addresses = 8
    private static let accounts = 10_000

    private let known: RateLimiter
    /// Tries with unknown names. They are limited too, so that a refusal does not show which names exist. They are kept
    /// apart, since there can be any number of them.
    private let unknown: RateLimiter
    private let homes = Mutex<[Int64: [String]]>([:])

    package init(isOff: Bool = false) {
        known = RateLimiter(limit: isOff ? 0 : Self.limit, seconds: Self.seconds)
        unknown = RateLimiter(limit: isOff ? 0 : Self.limit, seconds: Self.seconds)
    }

    /// Counts a try before the password is checked.
    /// - Parameter account: `nil` if no account has this name.
    package func permits(account: Int64?, name: String, address: String, now: UInt64) -> Bool {
        guard let account else { return unknown.accepts(Self.cut(name), now: now) }
        if isHome(address, of: account) { return true }
        return known.accepts(String(account), now: now)
    }

    /// How many bytes of a name are kept, since one character may have thousands.
    private static func cut(_ name: String) -> String { String(decoding: name.utf8.prefix(64), as: UTF8.self) }

    /// Removes the try from the count and remembers the address as one of the account's.
    package func succeeded(account: Int64, address: String) {
        if !isHome(address, of: account) { known.takeBack(String(account)) }
        homes.withLock { homes in
            if homes.count >= Self.accounts, homes[account] == nil { homes.removeAll() }
            var list = homes[account, default: []]
            list.removeAll { $0 == address }
            list.append(address)
            homes[account] = Array(list.suffix(Self.addresses))
        }
    }

    private func isHome(_ address: String, of account: Int64) -> Bool {
        homes.withLock { $0[account]?.contains(address) ?? false }
    }
}
