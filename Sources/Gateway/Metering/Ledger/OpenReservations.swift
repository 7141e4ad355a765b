import Arithmetic

/// The reservations that a run left open, by its journal.
///
/// Chunks of the journal are reused in any order once their records are applied. So old records remain beside new ones,
/// and the end of an old `opened` may be overwritten. An applied `opened` therefore counts only if all records from it
/// to the applied position are still in the file. The database knows the sum that the others held.
struct OpenReservations {
    private struct Opened {
        let sequence: Int64
        let amount: Int64
    }

    /// The open reservations among the applied records.
    private var before: [Int64: Opened] = [:]
    private var after: [Int64: Int64] = [:]
    /// The quota that earlier reservations hold.
    private var held: Int64
    /// The start of the unbroken series of records that ends at the applied position.
    private var start: Int64 = 0
    private var previous: Int64 = 0

    init(held: Int64) { self.held = held }

    /// Takes the journal's records by ascending number.
    /// - Parameter isNew: whether the record is not applied yet.
    mutating func note(_ entry: LedgerEntry, sequence: Int64, isNew: Bool) {
        if !isNew {
            if sequence != previous.plus(1) { start = sequence }
            previous = sequence
        }
        switch entry {
        case .opened(let reservation, _, _, let amount):
            if isNew {
                after[reservation] = max(0, amount)
            } else {
                before[reservation] = Opened(sequence: sequence, amount: max(0, amount))
            }
        case .refunded(let reservation), .settled(let reservation, _, _, _, _): end(reservation, isNew: isNew)
        case .adjustedUser, .adjustedToken, .creditedUser, .setUser, .setToken: break
        }
    }

    private mutating func end(_ reservation: Int64, isNew: Bool) {
        if after.removeValue(forKey: reservation) != nil { return }
        guard let opened = before.removeValue(forKey: reservation), isNew else { return }
        held = max(0, held.minus(opened.amount))
    }

    /// Ends after the last record.
    mutating func end(applied: Int64) {
        if previous != applied { start = .max }
        before = before.filter { $0.value.sequence >= start }
    }

    var count: Int { before.count + after.count }

    /// The quota that the open reservations hold.
    var quota: Int64 {
        let known = before.values.reduce(0 as Int64) { $0.plus($1.amount) }
        return after.values.reduce(max(held, known)) { $0.plus($1) }
    }
}
