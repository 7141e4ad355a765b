import CLinux
import EventLoop

/// What epoll reports for a client's socket.
struct Readiness: OptionSet {
    let rawValue: UInt32

    static let readable = Readiness(rawValue: EPOLLIN.rawValue)
    static let writable = Readiness(rawValue: EPOLLOUT.rawValue)
    /// The client will send no more, but may still read.
    static let halfClosed = Readiness(rawValue: EPOLLRDHUP.rawValue)
    /// There was a RST or an error, or both sides are closed.
    static let gone = Readiness(rawValue: EPOLLERR.rawValue | EPOLLHUP.rawValue)
}

/// What the owner of a connection does after an event.
struct ConnectionActions: OptionSet, Equatable {
    let rawValue: UInt8

    /// Resumes the task that waits for bytes from the client.
    static let wakeReader = ConnectionActions(rawValue: 1)
    /// Resumes the task that waits for the client to take bytes.
    static let wakeWriter = ConnectionActions(rawValue: 2)
    /// Tells the handler that its request is cancelled.
    static let cancelRequest = ConnectionActions(rawValue: 4)
    /// Sends something harmless. If the client is gone, its system answers with RST.
    static let probe = ConnectionActions(rawValue: 8)
    static let close = ConnectionActions(rawValue: 16)
    /// Closes with RST.
    static let reset = ConnectionActions(rawValue: 32)
}

/// What to do next with a socket.
enum TransferStep: Equatable { case transfer, wait, stop }

/// How a connection continues after a request.
enum NextStep: Equatable {
    case nextRequest
    /// Skip a body of this many bytes that the handler did not read.
    case discard(Int)
    /// Read and drop what the client still sends for a moment, then close.
    case linger
    case close
}

/// Why a request is cancelled.
package enum Cancellation: Equatable, Sendable {
    /// The client is gone, or takes nothing.
    case clientGone
    /// The server's drain has reached its limit. The client is still there and can be told.
    case shuttingDown
}

/// Time limits of a connection in monotonic nanoseconds.
struct ConnectionLimits {
    var keepAlive: UInt64
    var head: UInt64
    var body: PaceLimits
    /// The time for the client to take a whole answer or a piece of a stream.
    var answer: PaceLimits
    /// The limits for a body that no handler reads and that is dropped before the answer.
    var unwanted: PaceLimits
    /// The limits for bytes that still arrive on a connection that will close.
    var linger: PaceLimits
    /// The time from a client's FIN to the first check whether it still reads, and between checks.
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
        // With this rate no number of bytes extends the total time.
        unwanted = PaceLimits(
            pause: configuration.unwantedBodyPause.nanoseconds, total: configuration.unwantedBodyTime.nanoseconds,
            rate: .max)
        linger = PaceLimits(
            pause: configuration.lingerTime.nanoseconds, total: configuration.lingerWholeTime.nanoseconds, rate: .max)
        probeDelay = configuration.halfCloseProbeDelay.nanoseconds
        probeInterval = configuration.halfCloseProbeInterval.nanoseconds
    }
}
