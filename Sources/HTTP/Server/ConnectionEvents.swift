import CLinux
import EventLoop

/// What epoll says of a client's socket.
struct Readiness: OptionSet {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The client will send no more; it may still read.
    static let halfClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// RST, an error, or both sides closed.
    static let gone = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// What the owner of a connection does after an event.
struct ConnectionActions: OptionSet, Equatable {
    let rawValue: UInt8

    /// Resumes the task that waits for bytes of the client.
    static let wakeReader = ConnectionActions(rawValue: 1)
    /// Resumes the task that waits for the client to take bytes.
    static let wakeWriter = ConnectionActions(rawValue: 2)
    /// Tells the handler to give its request up.
    static let cancelRequest = ConnectionActions(rawValue: 4)
    /// Sends something harmless, which a client that is not there any more answers with RST.
    static let probe = ConnectionActions(rawValue: 8)
    static let close = ConnectionActions(rawValue: 16)
    /// Closes with RST.
    static let reset = ConnectionActions(rawValue: 32)
}

/// What to do with a socket next.
enum TransferStep: Equatable { case transfer, wait, stop }

/// How a connection goes on after a request.
enum NextStep: Equatable {
    case nextRequest
    /// Skips a body of that many bytes that the handler did not read.
    case discard(Int)
    /// Reads away what the client still sends, for a moment, then closes.
    case linger
    case close
}

/// Why a request is to be given up.
package enum Cancellation: Equatable, Sendable {
    /// The client went away, or takes nothing.
    case clientGone
    /// The server's drain has reached its limit; the client is there and can be told.
    case shuttingDown
}

/// Time limits of a connection in monotonic nanoseconds.
struct ConnectionLimits {
    var keepAlive: UInt64
    var head: UInt64
    var body: PaceLimits
    /// For the client to take a whole answer, or a piece of a stream.
    var answer: PaceLimits
    /// For a body that nobody reads to be read away before the answer.
    var unwanted: PaceLimits
    /// For what still comes to a connection that closes.
    var linger: PaceLimits
    /// From a client's FIN to the first look at whether it still reads, and between looks.
    var probeDelay: UInt64
    var probeInterval: UInt64

    init(_ configuration: ServerConfiguration) {
        keepAlive = configuration.keepAliveTimeout.nanoseconds
        head = configuration.headTimeout.nanoseconds
        body = PaceLimits(
            pause: configuration.bodyTimeout.nanoseconds, total: configuration.bodyBaseTime.nanoseconds,
            rate: UInt64(clamping: configuration.bodyLeastRate))
        answer = PaceLimits(
            pause: configuration.writeTimeout.nanoseconds, total: configuration.answerBaseTime.nanoseconds,
            rate: UInt64(clamping: configuration.answerLeastRate))
        // At this rate nothing that comes stretches the whole.
        unwanted = PaceLimits(
            pause: configuration.unwantedBodyPause.nanoseconds, total: configuration.unwantedBodyTime.nanoseconds,
            rate: .max)
        linger = PaceLimits(
            pause: configuration.lingerTime.nanoseconds, total: configuration.lingerWholeTime.nanoseconds, rate: .max)
        probeDelay = configuration.halfCloseProbeDelay.nanoseconds
        probeInterval = configuration.halfCloseProbeInterval.nanoseconds
    }
}
