/// Quota held back for one request. Ends by `settle` or `refund`; dying otherwise, it refunds.
package struct Reservation: ~Copyable {
    // Unmanaged, so that `discard self` may skip the refund; the gateway's ledger outlives every request.
    private let ledger: Unmanaged<Ledger>
    private let id: Int64
    package private(set) var amount: Int64

    init(ledger: Ledger, id: Int64, amount: Int64) {
        self.ledger = Unmanaged.passUnretained(ledger)
        self.id = id
        self.amount = amount
    }

    deinit { ledger.takeUnretainedValue().refund(id) }

    /// Holds more, or less, where the request goes on at other prices; refused, it stays as it is.
    package mutating func change(to amount: Int64) throws(ReservationRefusal) {
        try ledger.takeUnretainedValue().change(id, to: amount)
        self.amount = amount
    }

    /// Charges the exact sum; it may exceed the amount where the client set no limit.
    package consuming func settle(_ settlement: Settlement) {
        ledger.takeUnretainedValue().settle(id, settlement)
        discard self
    }

    /// Gives everything back.
    package consuming func refund() {}
}
