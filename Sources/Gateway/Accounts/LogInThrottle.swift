import Synchronization

/// Bounds how often passwords of one account may be tried, wherever the tries come from.
///
/// Failed tries count for the account, for twenty minutes each; a right password counts nothing. Beyond the limit an
/// account is closed to strangers, and not to its owner: an address from which the account was entered before goes by
/// the limit of addresses alone, sessions and access tokens are not asked, and refused tries do not count, so that
/// nobody can keep an account closed to the places that its owner uses.
package final class LogInThrottle: Sendable {
    package static let limit = 20
    package static let seconds: UInt64 = 1200
    /// Addresses remembered for an account, and accounts with such addresses.
    private static let addresses = 8
    private static let accounts = 10_000

    private let known: RateLimiter
    /// Names that no account has are counted as well, so that nobody learns by the refusal which ones exist; apart from
    /// the others, since there is no end of them.
    private let unknown: RateLimiter
    private let homes = Mutex<[Int64: [String]]>([:])

    package init(isOff: Bool = false) {
        known = RateLimiter(limit: isOff ? 0 : Self.limit, seconds: Self.seconds)
        unknown = RateLimiter(limit: isOff ? 0 : Self.limit, seconds: Self.seconds)
    }

    /// Counts a try, before the password is looked at.
    /// - Parameter account: `nil` where there is none with this name.
    package func permits(account: Int64?, name: String, address: String, now: UInt64) -> Bool {
        guard let account else { return unknown.accepts(Self.cut(name), now: now) }
        if isHome(address, of: account) { return true }
        return known.accepts(String(account), now: now)
    }

    /// What is kept of a name, in bytes: one character may have thousands.
    private static func cut(_ name: String) -> String { String(decoding: name.utf8.prefix(64), as: UTF8.self) }

    /// Takes the try back, and remembers the address as one of the account's.
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
