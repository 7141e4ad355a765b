import Arithmetic

/// The life of a client's connection without its socket. It is told what happened and returns what to do.
///
/// States of a request: `idle` (none has begun) → `head` → `handling` (a handler has it) ⇄ `body` (the body is read, or
/// dropped before a refusal) → `idle` for the next request. `lingering` reads and drops what a client still sends to a
/// connection that will close. `closed` is final. Two more values hold the state of the client's side (`peer`) and
/// whether a write waits for the client (`isBlocked`).
struct ConnectionStateMachine {
    enum Phase: Equatable { case idle, head, handling, body, lingering, closed }

    /// The client's side: it sends and reads, only reads (after its FIN), or is gone.
    enum Peer: Equatable { case open, halfClosed, gone }

    /// If nobody read a longer body, the connection closes instead of skipping it.
    static let discardLimit = 1 << 20

    private(set) var phase = Phase.idle
    private(set) var peer = Peer.open
    /// Why the running request is cancelled. The first reason stays.
    private(set) var cancellation: Cancellation?
    private(set) var hasTimedOut = false
    private(set) var hasAnswered = false
    private(set) var isBodyRead = true
    /// Whether the end of the body can no longer be found.
    private var isBodyBroken = false
    private(set) var closesAfterAnswer = false
    private(set) var isDraining = false

    private let limits: ConnectionLimits
    private var framing = BodyFraming.none
    private var isHTTP11 = true
    /// The client waits for `100 Continue` before it sends its body, and has not got it yet.
    private var awaitsContinue = false
    /// A handler has a request. The handler may outlive the socket.
    private var isRunning = false
    private var isReadable = true
    private var isWritable = true
    private var isBlocked = false
    private var deadline = UInt64.max
    private var writeDeadline = UInt64.max
    private var probeTime = UInt64.max
    private var body: TransferPace
    private var answer: TransferPace
    /// Whether the client took its answer too slowly.
    private var isTooSlow = false

    init(limits: ConnectionLimits) {
        self.limits = limits
        body = TransferPace(limits.body)
        answer = TransferPace(limits.answer)
    }

    var isGone: Bool { peer == .gone || phase == .closed }

    private mutating func enter(_ new: Phase, until end: UInt64) {
        guard phase != .closed else { return }
        phase = new
        deadline = end
    }

    // MARK: What the kernel says

    mutating func ready(_ events: Readiness, at now: UInt64) -> ConnectionActions {
        guard phase != .closed else { return [] }
        if !events.isDisjoint(with: .gone) { return leave() }
        var actions: ConnectionActions = []
        if !events.isDisjoint(with: [.readable, .halfClosed]) {
            isReadable = true
            actions.insert(.wakeReader)
        }
        if events.contains(.halfClosed), peer == .open {
            peer = .halfClosed
            probeTime = now.plus(limits.probeDelay)
        }
        if events.contains(.writable) {
            isWritable = true
            actions.insert(.wakeWriter)
        }
        return actions
    }

    /// The client is gone, or takes nothing, which is handled in the same way.
    private mutating func leave() -> ConnectionActions {
        peer = .gone
        isReadable = true
        closesAfterAnswer = true
        return cancel(.clientGone).union([.wakeReader, .wakeWriter])
    }

    private mutating func cancel(_ reason: Cancellation) -> ConnectionActions {
        guard isRunning, cancellation == nil else { return [] }
        cancellation = reason
        return .cancelRequest
    }

    // MARK: Time

    /// Checks the time limits. Call it regularly.
    mutating func tick(at now: UInt64) -> ConnectionActions {
        guard phase != .closed else { return [] }
        if isBlocked {
            guard now >= writeDeadline else { return [] }
            isTooSlow = true
            return leave()
        }
        if now >= deadline {
            deadline = .max
            switch phase {
            case .idle, .lingering: return shut()
            case .head, .body:
                hasTimedOut = true
                return .wakeReader
            case .handling, .closed: break
            }
        }
        guard peer == .halfClosed, isRunning, now >= probeTime else { return [] }
        probeTime = now.plus(limits.probeInterval)
        // HTTP/1.0 has no interim answers. There a FIN is taken as the end of the connection, which it mostly is.
        return hasAnswered || isHTTP11 ? .probe : leave()
    }

    // MARK: Reading

    /// Whether to read, to wait until the socket is readable, or to stop because no more input is wanted.
    var readStep: TransferStep {
        if phase == .closed || hasTimedOut || phase == .body && cancellation != nil { return .stop }
        return isReadable ? .transfer : .wait
    }

    /// - Parameter isDrained: the kernel had less than was asked for.
    mutating func didRead(_ count: Int, isDrained: Bool, at now: UInt64) {
        // After a FIN there is always the end to read, and no further event reports it.
        isReadable = !isDrained || peer != .open
        guard phase == .body || phase == .lingering else { return }
        body.moved(count)
        deadline = body.deadline(now)
    }

    mutating func didFindNothing() { isReadable = false }

    mutating func didReachEnd() {
        if peer == .open { peer = .halfClosed }
    }

    mutating func didFail() -> ConnectionActions { leave() }

    // MARK: Heads

    /// Waits for a request.
    /// - Parameter hasInput: whether bytes of it have arrived already.
    mutating func awaitHead(hasInput: Bool, at now: UInt64) {
        hasTimedOut = false
        if hasInput { headBegan(at: now) } else { enter(.idle, until: now.plus(limits.keepAlive)) }
    }

    mutating func headBegan(at now: UInt64) {
        if phase != .head { enter(.head, until: now.plus(limits.head)) }
    }

    mutating func headRefused() {
        closesAfterAnswer = true
        (isBodyRead, isBodyBroken) = (false, true)
        enter(.handling, until: .max)
    }

    mutating func requestBegan(_ head: RequestHead) {
        framing = head.framing
        isHTTP11 = head.isHTTP11
        awaitsContinue = head.expectsContinue
        (isBodyRead, isBodyBroken) = (head.framing == .none, false)
        hasAnswered = false
        closesAfterAnswer = !head.keepsAlive
        cancellation = isGone ? .clientGone : nil
        isRunning = true
        enter(.handling, until: .max)
    }

    // MARK: Bodies

    /// - Throws: why the body cannot be read.
    mutating func bodyBegan(at now: UInt64) throws(BodyError) {
        if let cancellation { throw cancellation == .shuttingDown ? .shuttingDown : .disconnected }
        awaitsContinue = false
        wait(in: .body, limits.body, at: now)
    }

    /// Waits for bytes that have time limits of their own.
    private mutating func wait(in phase: Phase, _ limits: PaceLimits, at now: UInt64) {
        hasTimedOut = false
        body = TransferPace(limits)
        body.begin(at: now)
        enter(phase, until: body.deadline(now))
    }

    mutating func bodyEnded() {
        isBodyRead = true
        enter(.handling, until: .max)
    }

    /// Reading stopped before the end of the body, by the client's fault.
    mutating func bodyBroken() {
        (closesAfterAnswer, isBodyBroken) = (true, true)
        enter(.handling, until: .max)
    }

    /// Reading stopped before the end of the body, because there is no room for more of it.
    mutating func bodyRefused() { enter(.handling, until: .max) }

    /// - Returns: whether to read and drop the rest of the body before the answer. The state is then `body`.
    mutating func unwantedBodyBegan(at now: UInt64) -> Bool {
        guard !isBodyRead, !isBodyBroken, !awaitsContinue, cancellation == nil, phase == .handling else { return false }
        wait(in: .body, limits.unwanted, at: now)
        return true
    }

    /// - Parameter isWhole: whether the whole body arrived. Otherwise it counts as unread, as if it had not been waited
    ///   for.
    mutating func unwantedBodyEnded(isWhole: Bool) {
        hasTimedOut = false
        isBodyRead = isWhole
        enter(.handling, until: .max)
    }

    /// Why `readStep` or the client stopped before the body was complete.
    var bodyFailure: BodyError {
        if hasTimedOut { return .timedOut }
        return cancellation == .shuttingDown ? .shuttingDown : .disconnected
    }

    // MARK: Answers

    /// - Returns: whether the answer says that the connection will close.
    mutating func answerBegan() -> Bool {
        hasAnswered = true
        if isDraining || !isBodyRead && discardable == nil { closesAfterAnswer = true }
        return closesAfterAnswer
    }

    /// The end of the connection marks the end of the answer.
    mutating func answerEndsByClose() { closesAfterAnswer = true }

    /// The number of unread bytes of a body, if it is small enough to skip.
    private var discardable: Int? {
        guard case .length(let length) = framing, length <= Self.discardLimit, !awaitsContinue, !isBodyBroken else {
            return nil
        }
        return length
    }

    /// The handler is done.
    /// - Parameter hasInput: whether bytes after the request have arrived.
    mutating func requestEnded(hasInput: Bool) -> NextStep {
        (isRunning, cancellation) = (false, nil)
        guard !isGone else { return .close }
        let discardable = self.discardable
        if closesAfterAnswer || isDraining || !isBodyRead && discardable == nil {
            // Closing a socket with unread bytes sends RST, which may reach the client before the answer.
            return !isBodyRead || hasInput || isReadable ? .linger : .close
        }
        guard !isBodyRead, let discardable else { return .nextRequest }
        return .discard(discardable)
    }

    mutating func discardBegan(at now: UInt64) {
        wait(in: .body, limits.body, at: now)
    }

    mutating func lingerBegan(at now: UInt64) {
        wait(in: .lingering, limits.linger, at: now)
    }

    // MARK: Writing

    var writeStep: TransferStep {
        if isGone { return .stop }
        return isWritable ? .transfer : .wait
    }

    /// - Parameter count: bytes that the kernel took.
    mutating func didWrite(_ count: Int) {
        isBlocked = false
        answer.moved(count)
    }

    mutating func writeBlocked(at now: UInt64) {
        isWritable = false
        isBlocked = true
        answer.begin(at: now)
        writeDeadline = answer.deadline(now)
    }

    /// Everything was written. The next bytes get a time limit of their own.
    mutating func writeEnded() {
        isBlocked = false
        answer.end()
    }

    mutating func writeFailed() -> ConnectionActions { leave() }

    // MARK: The end

    /// Closes the connection unless a request is running.
    private mutating func shut() -> ConnectionActions {
        phase = .closed
        return [.close, .wakeReader, .wakeWriter]
    }

    /// Closes after the running answer, or at once between requests.
    mutating func drain() -> ConnectionActions {
        isDraining = true
        return phase == .idle || phase == .lingering ? shut() : []
    }

    /// The drain's time is up: the running request is cancelled while its answer can still say so.
    mutating func drainLimitReached() -> ConnectionActions {
        guard phase != .closed else { return [] }
        return isRunning ? cancel(.shuttingDown).union(.wakeReader) : shut()
    }

    /// Ends the connection at the owner's request.
    mutating func cut() -> ConnectionActions {
        guard phase != .closed else { return [] }
        peer = .gone
        phase = .closed
        return cancel(.clientGone).union([.reset, .wakeReader, .wakeWriter])
    }

    /// The handler or the serving loop ends the connection. A client that was too slow gets a RST; otherwise the kernel
    /// would keep the bytes that it did not take.
    mutating func close(reset: Bool) -> ConnectionActions {
        hasAnswered = true
        guard phase != .closed else { return [] }
        phase = .closed
        return [reset || isTooSlow ? .reset : .close, .wakeReader, .wakeWriter]
    }
}
