package import Database
import Synchronization

/// Who makes a relay request: a token with its owner, decoded once and kept until either changes.
package final class Principal: Sendable {
    package let token: TokenRecord
    package let user: UserRecord
    /// Models that the token is limited to; `nil` where it is not.
    package let allowedModels: Set<String>?
    /// Where the token may be used from; `nil` where anywhere.
    package let subnets: [Subnet]?

    init(token: TokenRecord, user: UserRecord) {
        self.token = token
        self.user = user
        let models = (token.models ?? "").split(separator: ",").map(String.init).filter { !$0.isEmpty }
        allowedModels = models.isEmpty ? nil : Set(models)
        let networks = (token.subnet ?? "").split(separator: ",").map { $0.filter { $0 != " " } }.filter { !$0.isEmpty }
        subnets = networks.isEmpty ? nil : networks.compactMap { Subnet($0) }
    }
}

/// Tokens by key, read from the database on first use.
package final class TokenDirectory: Sendable {
    /// Entries kept; beyond it the cache starts anew rather than growing with every key that somebody tries.
    private static let limit = 100_000

    private let database: any Database
    private let ledger: Ledger
    private let known = Mutex<[String: Principal]>([:])

    package init(database: any Database, ledger: Ledger) {
        self.database = database
        self.ledger = ledger
    }

    /// - Returns: `nil` for a key that no token has.
    package func principal(forKey key: String) async throws -> Principal? {
        if let found = known.withLock({ $0[key] }) { return found }
        let rows = try await database.read { connection -> (TokenRecord, UserRecord)? in
            guard let token = try connection.token(key: key), let user = try connection.user(id: token.userID) else {
                return nil
            }
            return (token, user)
        }
        guard let (token, user) = rows else { return nil }
        ledger.open(user: user, token: token)
        let principal = Principal(token: token, user: user)
        known.withLock { known in
            if known.count >= Self.limit { known.removeAll() }
            known[key] = principal
        }
        return principal
    }

    /// Forgets everything, after a token or a user has changed.
    package func invalidate() { known.withLock { $0.removeAll() } }
}
