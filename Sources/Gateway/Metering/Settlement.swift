package import Database

/// What a finished request costs, and the log row that says so.
package struct Settlement: Sendable {
    package var quota: Int64
    package var channelID: Int64
    /// Written with the charge; `nil` where the operator keeps no consume logs.
    package var log: LogRecord?
    /// Unix seconds.
    package var time: Int64

    package init(quota: Int64, channelID: Int64, log: LogRecord?, time: Int64) {
        self.quota = quota
        self.channelID = channelID
        self.log = log
        self.time = time
    }
}

/// Why a reservation is refused.
package enum ReservationRefusal: Error, Equatable, Sendable {
    case tokenQuota
    case userQuota
    /// The disk is full, or the database cannot follow: nothing may be spent that could not be written down.
    case storage
}

/// One change of balances, as the journal holds it and the database gets it.
enum LedgerEntry: Sendable {
    case opened(reservation: Int64, userID: Int64, tokenID: Int64, amount: Int64)
    case settled(reservation: Int64, userID: Int64, tokenID: Int64, chargesToken: Bool, settlement: Settlement)
    case refunded(reservation: Int64)
    case adjustedUser(id: Int64, delta: Int64)
    case adjustedToken(id: Int64, delta: Int64)

    var kind: UInt8 {
        switch self {
        case .opened: 1
        case .settled: 2
        case .refunded: 3
        case .adjustedUser: 4
        case .adjustedToken: 5
        }
    }
}
