import Arithmetic

/// How long a transfer may take, in monotonic nanoseconds. It limits each pause, and the whole time by the bytes that
/// were transferred so far.
struct TransferPace {
    let limits: PaceLimits
    private var start: UInt64?
    private var bytes: UInt64 = 0

    init(_ limits: PaceLimits) { self.limits = limits }

    /// Begins a transfer. Does nothing if one is running.
    mutating func begin(at now: UInt64) {
        if start == nil { start = now }
    }

    mutating func moved(_ count: Int) { bytes = bytes.plus(UInt64(clamping: count)) }

    mutating func end() { (start, bytes) = (nil, 0) }

    /// When the transfer becomes too slow if no more bytes move.
    func deadline(_ now: UInt64) -> UInt64 {
        let pause = now.plus(limits.pause)
        guard let start, let extra = bytes.times(1_000_000_000).over(limits.rate) else { return pause }
        return min(pause, start.plus(limits.total).plus(extra))
    }
}

/// Time limits of a transfer.
struct PaceLimits {
    /// The longest pause in nanoseconds.
    var pause: UInt64
    /// The limit for the whole transfer in nanoseconds, without what `rate` adds.
    var total: UInt64
    /// Each so many bytes add a second to `total`; 0 means no limit for the whole.
    var rate: UInt64
}
