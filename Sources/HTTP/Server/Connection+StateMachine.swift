import Arithmetic

/// The life of a client's connection, without its socket: told what happened, it says what is to be done.
///
/// States of a request: `idle` (none has begun) → `head` → `handling` (a handler has it) ⇄ `body` (and waits for its
/// body, or reads it away before a refusal) → `idle` of the next. `lingering` reads away what a client still sends to a
/// connection that will close; `closed` is final. Beside it stand what the client's side is (`peer`), and whether a write waits for the client (`isBlocked`).
struct ConnectionStateMachine {
    enum Phase: Equatable { case idle, head, handling, body, lingering, closed }

    /// The client's side: sends and reads, only reads (it sent FIN), or is not there any more.
    enum Peer: Equatable { case open, halfClosed, gone }

    /// A longer body that nobody read ends the connection instead of being skipped.
    static let discardLimit = 1 << 20

    private(set) var phase = Phase.idle
    private(set) var peer = Peer.open
    /// Why the running request is to be given up; the first reason stays.
    private(set) var cancellation: Cancellation?
    private(set) var hasTimedOut = false
    private(set) var hasAnswered = false
    private(set) var isBodyRead = true
    /// Where the body ends cannot be told any more.
    private var isBodyBroken = false
    private(set) var closesAfterAnswer = false
    private(set) var isDraining = false

    private let limits: ConnectionLimits
    private var framing = BodyFraming.none
    private var isHTTP11 = true
    /// The client sends its body only after `100 Continue`, which it has not got.
    private var awaitsContinue = false
    /// A handler has a request; it may outlive the socket.
    private var isRunning = false
    private var isReadable = true
    private var isWritable = true
    private var isBlocked = false
    private var deadline = UInt64.max
    private var writeDeadline = UInt64.max
    private var probeTime = UInt64.max
    private var body: TransferPace
    private var answer: TransferPace
    /// The client took its answer too slowly.
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

    /// The client is not there any more, or takes nothing, which is as good.
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

    /// Looks at the time limits; to be called now and then.
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
        // HTTP/1.0 has no interim answers: there, silence after FIN is taken for the end that it mostly is.
        return hasAnswered || isHTTP11 ? .probe : leave()
    }

    // MARK: Reading

    /// Whether to read, to wait for readiness, or to stop because nothing that comes is wanted.
    var readStep: TransferStep {
        if phase == .closed || hasTimedOut || phase == .body && cancellation != nil { return .stop }
        return isReadable ? .transfer : .wait
    }

    /// - Parameter isDrained: the kernel had less than was asked for.
    mutating func didRead(_ count: Int, isDrained: Bool, at now: UInt64) {
        // After FIN there is always the end to read, of which no event tells again.
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
    /// - Parameter hasInput: bytes of it are there already.
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

    /// - Throws: why the body is not to be read.
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

    /// Reading stopped in the middle, by the client's fault.
    mutating func bodyBroken() {
        (closesAfterAnswer, isBodyBroken) = (true, true)
        enter(.handling, until: .max)
    }

    /// Reading stopped in the middle, since there is no room for more of it.
    mutating func bodyRefused() { enter(.handling, until: .max) }

    /// Whether the rest of the body is to be read away before the answer; then it is waited for.
    mutating func unwantedBodyBegan(at now: UInt64) -> Bool {
        guard !isBodyRead, !isBodyBroken, !awaitsContinue, cancellation == nil, phase == .handling else { return false }
        wait(in: .body, limits.unwanted, at: now)
        return true
    }

    /// - Parameter isWhole: all of the body came; otherwise the connection goes on as if nobody had looked for it.
    mutating func unwantedBodyEnded(isWhole: Bool) {
        hasTimedOut = false
        isBodyRead = isWhole
        enter(.handling, until: .max)
    }

    /// Why `readStep` said stop, or the client did, before the body was complete.
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

    /// The end of the connection is the end of the answer.
    mutating func answerEndsByClose() { closesAfterAnswer = true }

    /// Bytes of a body that nobody read and that may be skipped.
    private var discardable: Int? {
        guard case .length(let length) = framing, length <= Self.discardLimit, !awaitsContinue, !isBodyBroken else {
            return nil
        }
        return length
    }

    /// The handler is done.
    /// - Parameter hasInput: bytes beyond the request are there.
    mutating func requestEnded(hasInput: Bool) -> NextStep {
        (isRunning, cancellation) = (false, nil)
        guard !isGone else { return .close }
        let discardable = self.discardable
        if closesAfterAnswer || isDraining || !isBodyRead && discardable == nil {
            // Closing on unread bytes sends RST, which may reach the client before the answer does.
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

    /// Nothing is left to write for now: what comes next has its own time.
    mutating func writeEnded() {
        isBlocked = false
        answer.end()
    }

    mutating func writeFailed() -> ConnectionActions { leave() }

    // MARK: The end

    /// Closes what no request is running on.
    private mutating func shut() -> ConnectionActions {
        phase = .closed
        return [.close, .wakeReader, .wakeWriter]
    }

    /// Stops after the running answer, or at once between requests.
    mutating func drain() -> ConnectionActions {
        isDraining = true
        return phase == .idle || phase == .lingering ? shut() : []
    }

    /// The drain's time is up: the running request is given up, so that its answer can still say so.
    mutating func drainLimitReached() -> ConnectionActions {
        guard phase != .closed else { return [] }
        return isRunning ? cancel(.shuttingDown).union(.wakeReader) : shut()
    }

    /// Ends the connection from outside.
    mutating func cut() -> ConnectionActions {
        guard phase != .closed else { return [] }
        peer = .gone
        phase = .closed
        return cancel(.clientGone).union([.reset, .wakeReader, .wakeWriter])
    }

    /// The handler or the serving loop ends the connection. A client that was too slow is reset, or the kernel would keep
    /// for it what it did not take.
    mutating func close(reset: Bool) -> ConnectionActions {
        hasAnswered = true
        guard phase != .closed else { return [] }
        phase = .closed
        return [reset || isTooSlow ? .reset : .close, .wakeReader, .wakeWriter]
    }
}
