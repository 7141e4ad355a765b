import Arithmetic
import Glibc
import Synchronization

/// A time in the machine's time zone, for request ids and log lines.
package struct LocalTime: Sendable {
    /// Unix seconds.
    package let seconds: Int64
    package let nanoseconds: Int64
    /// `YYYYMMDDhhmmss`
    package let digits: String
    /// `2006/01/02 - 15:04:05`
    package let logText: String

    package var dayDigits: String { String(digits.prefix(8)) }

    package var milliseconds: Int64 { seconds.times(1000).plus(nanoseconds / 1_000_000) }

    /// The texts for each second are formatted once.
    private static let latest = Mutex<LocalTime?>(nil)

    package static func now() -> LocalTime {
        var time = timespec()
        clock_gettime(CLOCK_REALTIME, &time)
        let seconds = Int64(time.tv_sec)
        let known = latest.withLock { $0 }
        if let known, known.seconds == seconds {
            return LocalTime(
                seconds: seconds, nanoseconds: Int64(time.tv_nsec), digits: known.digits, logText: known.logText)
        }
        var parts = tm()
        localtime_r(&time.tv_sec, &parts)
        let made = LocalTime(
            seconds: seconds, nanoseconds: Int64(time.tv_nsec), digits: format("%Y%m%d%H%M%S", &parts),
            logText: format("%Y/%m/%d - %H:%M:%S", &parts))
        latest.withLock { $0 = made }
        return made
    }

    private static func format(_ pattern: String, _ parts: inout tm) -> String {
        var buffer = [CChar](repeating: 0, count: 64)
        let length = strftime(&buffer, buffer.count, pattern, &parts)
        return String(decoding: buffer[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
    }

    /// A request id for this time: time, nanoseconds and eight digits (spec/relay.md §2).
    /// - Parameter number: distinguishes requests of the same nanosecond.
    package func requestID(_ number: UInt64) -> String {
        // This costs one allocation instead of four, since every request has an id.
        String(unsafeUninitializedCapacity: 64) { buffer in
            var count = 0
            for byte in digits.utf8.prefix(20) {
                buffer[count] = byte
                count += 1
            }
            for value in [UInt64(clamping: nanoseconds), 10_000_000 + number % 90_000_000] {
                var divisor: UInt64 = 1
                while value / divisor >= 10 { divisor *= 10 }
                while divisor > 0 {
                    buffer[count] = 0x30 + UInt8(truncatingIfNeeded: value / divisor % 10)
                    count += 1
                    divisor /= 10
                }
            }
            return count
        }
    }
}

/// A fast random generator for choices that need no secrecy, such as a request's channel. Each loop has one.
struct FastRandom {
    private var state: UInt64

    init() { state = UInt64.random(in: 1 ... .max) }

    mutating func next() -> UInt64 {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return state
    }

    mutating func next(below bound: Int) -> Int { Int(next() % UInt64(max(1, bound))) }
}
