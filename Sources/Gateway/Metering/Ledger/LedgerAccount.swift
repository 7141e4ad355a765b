import Arithmetic

/// A balance in memory, of a user or a token. A class, so that a request changes it in place: each change inside a
/// dictionary would cost an allocation. The ledger's lock guards it.
final class LedgerAccount {
    let id: Int64
    var balance: Int64
    /// What was ever charged.
    var used: Int64
    /// What open requests hold back, also where there is no limit to hold it back from.
    var reserved: Int64 = 0
    /// Requests in flight.
    var holds = 0
    /// Tokens without limit pay nothing themselves.
    var isUnlimited: Bool

    var available: Int64 { balance.minus(reserved) }

    init(id: Int64, balance: Int64, used: Int64, isUnlimited: Bool = false) {
        self.id = id
        self.balance = balance
        self.used = used
        self.isUnlimited = isUnlimited
    }

    func hold(_ amount: Int64) {
        reserved = reserved.plus(amount)
        holds += 1
    }

    func release(_ amount: Int64) {
        reserved = reserved.minus(amount)
        holds -= 1
    }

    func charge(_ quota: Int64) {
        if !isUnlimited { balance = balance.minus(quota) }
        used = used.plus(quota)
    }
}

/// Quota held back for one request.
struct LedgerHold {
    let user: LedgerAccount
    let token: LedgerAccount
    let amount: Int64
}
