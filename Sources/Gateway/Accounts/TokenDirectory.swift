package import Database
import EventLoop
import Synchronization

/// Finds tokens by key. They are read from the database on first use and kept until the token or its user changes.
package final class TokenDirectory: Sendable {
    /// The most reads for one request. Another read is needed if a change ended during the last one.
    private static let attempts = 4

    private let database: any Database
    private let ledger: Ledger
    private let tokens = Topic()
    private let users = Topic()
    private let known = Mutex(KnownPrincipals())

    package init(database: any Database, ledger: Ledger) {
        self.database = database
        self.ledger = ledger
    }

    /// - Returns: `nil` for a key that no token has.
    package func principal(forKey key: String) async throws -> Principal? {
        if let found = known.withLock({ $0.principals[key] }) { return found }
        return try await read(key)
    }

    private func read(_ key: String) async throws -> Principal? {
        if known.withLock({ $0.isUnknown(key, at: EventLoop.monotonicNow()) }) { return nil }
        var principal: Principal?
        for _ in 0..<Self.attempts {
            let version = (tokens: tokens.version, users: users.version)
            let rows = try await database.read { connection -> (TokenRecord, UserRecord)? in
                guard let token = try connection.token(key: key), let user = try connection.user(id: token.userID)
                else { return nil }
                return (token, user)
            }
            guard let (token, user) = rows else {
                noteUnknown(key, readAt: version)
                return nil
            }
            let found = Principal(token: token, user: user)
            principal = found
            if keep(found, readAt: version) { break }
        }
        return principal
    }

    /// Keeps a principal if its rows have not changed since the read, and opens its accounts in the ledger. The ledger
    /// does not open a deleted token again from its old row.
    /// - Returns: whether the principal may be used. Otherwise its rows must be read again.
    private func keep(_ principal: Principal, readAt version: (tokens: Topic.Version, users: Topic.Version)) -> Bool {
        let (token, user) = (principal.token, principal.user)
        return known.withLock { known in
            let freshness = max(
                tokens.freshness(of: token.id, readAt: version.tokens),
                users.freshness(of: user.id, readAt: version.users))
            guard freshness < .stale else { return false }
            ledger.open(user: user, token: token)
            if freshness == .current { known.keep(principal) }
            return true
        }
    }

    private func noteUnknown(_ key: String, readAt version: (tokens: Topic.Version, users: Topic.Version)) {
        known.withLock { known in
            guard tokens.freshnessOfNothing(readAt: version.tokens) == .current else { return }
            known.noteUnknown(key, at: EventLoop.monotonicNow())
        }
    }
}

extension TokenDirectory {
    /// Changes or deletes a token's row, or creates one (`id` 0). When it returns, no request sees the old row.
    /// Meanwhile each request reads the row itself. If `write` deletes the token, it must also retire the token's
    /// account.
    package func changing<Result>(
        token id: Int64, _ write: () async throws -> Result
    ) async rethrows -> Result {
        try await changing(id, in: tokens, { $0.forget(token: id) }, write)
    }

    /// Changes a user's row in the same way as `changing(token:)`, for all tokens of the user.
    package func changing<Result>(
        user id: Int64, _ write: () async throws -> Result
    ) async rethrows -> Result {
        try await changing(id, in: users, { $0.forget(user: id) }, write)
    }

    private func changing<Result>(
        _ row: Int64, in topic: Topic, _ forget: (inout KnownPrincipals) -> Void, _ write: () async throws -> Result
    ) async rethrows -> Result {
        topic.begin(row)
        // From here on `keep` sees the change and keeps no copy.
        known.withLock { forget(&$0) }
        defer {
            topic.end(row)
            known.withLock { $0.unknown.removeAll() }
        }
        return try await write()
    }
}
