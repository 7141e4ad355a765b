import Arithmetic

/// How long a transfer may take, in monotonic nanoseconds: a pause so long, and the whole so long as a slow client needs
/// for what has gone over by now.
struct TransferPace {
    let limits: PaceLimits
    private var start: UInt64?
    private var bytes: UInt64 = 0

    init(_ limits: PaceLimits) { self.limits = limits }

    /// Begins a transfer; within one, does nothing.
    mutating func begin(at now: UInt64) {
        if start == nil { start = now }
    }

    mutating func moved(_ count: Int) { bytes = bytes.plus(UInt64(clamping: count)) }

    mutating func end() { (start, bytes) = (nil, 0) }

    /// When the transfer is too slow if nothing more moves.
    func deadline(_ now: UInt64) -> UInt64 {
        let pause = now.plus(limits.pause)
        guard let start, let extra = bytes.times(1_000_000_000).over(limits.rate) else { return pause }
        return min(pause, start.plus(limits.total).plus(extra))
    }
}

/// Time limits of a transfer.
struct PaceLimits {
    /// Nanoseconds in which nothing moves.
    var pause: UInt64
    /// Nanoseconds for the whole, without what `rate` adds.
    var total: UInt64
    /// Bytes that add a second to `total`; 0 for no limit of the whole.
    var rate: UInt64
}
