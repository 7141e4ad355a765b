import Arithmetic

/// Which reservations a run left open, as its journal tells it.
///
/// A chunk of the journal is written over once its records are applied, in no order. So behind the newest records lie
/// some of long ago, and an `opened` among them may have lost its end. One that is applied counts only where every
/// record from it up to there is still in the file; what the others held is known as a sum, from the database.
struct OpenReservations {
    private struct Opened {
        let sequence: Int64
        let amount: Int64
    }

    /// Of what was applied.
    private var before: [Int64: Opened] = [:]
    private var after: [Int64: Int64] = [:]
    /// What those of before hold.
    private var held: Int64
    /// Where the records begin that have none missing between them, as far as what was applied.
    private var start: Int64 = 0
    private var previous: Int64 = 0

    init(held: Int64) { self.held = held }

    /// Takes the journal's records in the order of their numbers.
    /// - Parameter isNew: the record is not applied.
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

    /// No more records come.
    mutating func end(applied: Int64) {
        if previous != applied { start = .max }
        before = before.filter { $0.value.sequence >= start }
    }

    var count: Int { before.count + after.count }

    /// What they hold.
    var quota: Int64 {
        let known = before.values.reduce(0 as Int64) { $0.plus($1.amount) }
        return after.values.reduce(max(held, known)) { $0.plus($1) }
    }
}
