package import Database

/// The cost of a finished request, and its log row.
package struct Settlement: Sendable {
    package var quota: Int64
    package var channelID: Int64
    /// The row is written with the charge; `nil` if the operator keeps no consume logs.
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
    /// The user has the most allowed requests in flight.
    case tooManyInFlight
    /// The token was deleted while its request ran.
    case unknownAccount
    /// The disk is full, or the database lags too far behind. Nothing may be spent that could not be recorded.
    case storage
}
