import Arithmetic
package import Database
import Synchronization

/// Changes of balances by administrators. Each is one journal entry with its log row. It is applied once, and survives
/// a killed process when the call returns.
extension Ledger {
    /// The largest balance after a top-up, so that sums of balances fit.
    static let balanceLimit: Int64 = 1 << 61

    /// Adds to a user's balance. The user's account must be open.
    /// - Returns: the new balance.
    @discardableResult
    package func credit(
        _ amount: Int64, toUser id: Int64, log: LogRecord? = nil
    ) throws(BalanceRefusal) -> Int64 {
        var log = log
        log?.cutForJournal()
        let row = log
        return try change(id) { account throws(BalanceRefusal) in
            let after = account.balance.plus(amount)
            guard amount <= 0 || after <= Self.balanceLimit else { throw .tooLarge }
            account.balance = after
            return (.creditedUser(id: id, delta: amount, log: row), after)
        }
    }

    /// Sets a user's balance. The user's account must be open. If the balance is the same already, nothing changes and
    /// no row is written.
    /// - Parameter log: makes the row from the old balance.
    /// - Returns: the old balance.
    @discardableResult
    package func set(
        balanceOfUser id: Int64, to quota: Int64, log: (Int64) -> LogRecord? = { _ in nil }
    ) throws(BalanceRefusal) -> Int64 {
        try change(id) { account throws(BalanceRefusal) in
            let before = account.balance
            guard before != quota else { return (nil, before) }
            var row = log(before)
            row?.cutForJournal()
            account.balance = quota
            return (.setUser(id: id, quota: quota, log: row), before)
        }
    }

    private func change(
        _ id: Int64, _ body: (LedgerAccount) throws(BalanceRefusal) -> (LedgerEntry?, Int64)
    ) throws(BalanceRefusal) -> Int64 {
        let result = state.withLock { state -> Result<(Int64, mustFollow: Bool), BalanceRefusal> in
            guard state.hasRoom() else { return .failure(.storage) }
            guard let account = state.users[id] else { return .failure(.unknownAccount) }
            do throws(BalanceRefusal) {
                let (entry, answer) = try body(account)
                return .success((answer, entry.map { state.append($0) } ?? false))
            } catch { return .failure(error) }
        }
        if case .failure(.storage) = result { refusedForStorage() }
        let (answer, mustFollow) = try result.get()
        if synchronizesEach { synchronize() }
        if mustFollow { followSoon() }
        return answer
    }

    /// Sets a token's limit. The token's account must be open. Quota that requests hold of it stays held.
    /// - Parameters:
    ///   - quota: `nil` to leave the balance as it is.
    ///   - isUnlimited: `nil` to leave it so or not.
    package func setBalance(ofToken id: Int64, to quota: Int64?, isUnlimited: Bool?) throws(BalanceRefusal) {
        let result = state.withLock { state -> Result<Bool, BalanceRefusal> in
            guard let account = state.tokens[id] else { return .failure(.unknownAccount) }
            guard state.hasRoom() else { return .failure(.storage) }
            if let quota { account.balance = quota }
            if let isUnlimited { account.isUnlimited = isUnlimited }
            return .success(
                state.append(.setToken(id: id, quota: account.balance, isUnlimited: account.isUnlimited)))
        }
        if case .failure(.storage) = result { refusedForStorage() }
        let mustFollow = try result.get()
        if synchronizesEach { synchronize() }
        if mustFollow { followSoon() }
    }

    /// Forgets a deleted token forever. Its running requests are charged to the user, and their log rows stay.
    package func retire(token id: Int64) {
        state.withLock { state in
            state.tokens[id] = nil
            state.retiredTokens.insert(id)
        }
    }
}

/// Why a balance was not changed.
package enum BalanceRefusal: Error, Equatable, Sendable {
    case unknownAccount
    case tooLarge
    /// The journal is full and cannot grow.
    case storage
}
