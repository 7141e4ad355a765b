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
    /// The user has as many requests in flight as one may have.
    case tooManyInFlight
    /// The token was deleted while its request was on the way.
    case unknownAccount
    /// The disk is full, or the database cannot follow: nothing may be spent that could not be written down.
    case storage
}
