/// Quota held for one request. It ends with `settle` or `refund`. If it is destroyed without either, it refunds.
package struct Reservation: ~Copyable {
    // Unmanaged, so that `discard self` can skip the refund. The gateway's ledger outlives every request.
    private let ledger: Unmanaged<Ledger>
    private let id: Int64
    package private(set) var amount: Int64

    init(ledger: Ledger, id: Int64, amount: Int64) {
        self.ledger = Unmanaged.passUnretained(ledger)
        self.id = id
        self.amount = amount
    }

    deinit { ledger.takeUnretainedValue().refund(id) }

    /// Changes the held quota when the request continues at other prices. If that is refused, nothing changes.
    package mutating func change(to amount: Int64) throws(ReservationRefusal) {
        try ledger.takeUnretainedValue().change(id, to: amount)
        self.amount = amount
    }

    /// Charges the exact sum. It may exceed the held amount if the client set no limit.
    package consuming func settle(_ settlement: Settlement) {
        ledger.takeUnretainedValue().settle(id, settlement)
        discard self
    }

    /// Releases the whole amount.
    package consuming func refund() {}
}
