import Arithmetic

/// The balance of a user or a token in memory. It is a class, because changing a value inside a dictionary would cost
/// an allocation. The ledger's lock guards it.
final class LedgerAccount {
    let id: Int64
    var balance: Int64
    /// Everything that was ever charged.
    var used: Int64
    /// The quota that open requests hold, even for a token without a limit.
    var reserved: Int64 = 0
    /// The number of requests in flight.
    var holds = 0
    /// Whether it is a token without a limit, which pays nothing itself.
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

/// Quota held for one request.
struct LedgerHold {
    let user: LedgerAccount
    let token: LedgerAccount
    let amount: Int64
}
