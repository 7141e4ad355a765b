import CLinux
import EventLoop
import Glibc

/// One client connection: reads requests in turn, hands each to the handler, writes the answer.
///
/// Owns the socket and does what its state machine says. Used only on its loop. The descriptor is registered once,
/// edge-triggered for reading and writing, so that no request needs `epoll_ctl`.
final class Connection: EventSource {
    let loop: EventLoop
    let peerAddress: String
    let descriptor: Int32
    let acceptor: Acceptor
    var machine: ConnectionStateMachine

    var input = InputBuffer()
    /// How many reads were made since other connections had their turn.
    var readsInTurn = 0
    var reader: UnsafeContinuation<Void, Never>?

    var output: [UInt8] = []
    /// The body of a large answer. It is sent after `output` without being copied there.
    var outputBody: [UInt8] = []
    var writer: UnsafeContinuation<Void, Never>?
    var isChunked = false
    var expectedLength: Int?
    /// Bytes that may be sent between two pieces of the running stream without changing its meaning.
    var streamProbe: [UInt8] = []

    /// What belongs to the running request.
    var head: RequestHead?
    /// How many bytes of its body were read, if its length is known, and otherwise the state of its chunks.
    var bodyTaken = 0
    var chunks = ChunkedDecoder()
    var lease: BodyLease?
    var onCancel: (() -> Void)?

    init(descriptor: Int32, peer: String, acceptor: Acceptor) {
        self.descriptor = descriptor
        peerAddress = peer
        loop = acceptor.loop
        self.acceptor = acceptor
        machine = ConnectionStateMachine(limits: acceptor.limits)
    }

    // MARK: Life

    func open() {
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        loop.register(descriptor, events: events, source: self)
        let connection = LoopConfined(self)
        loop.spawn { await connection.value.serve() }
    }

    private func serve() async {
        serving: while let head = await nextHead() {
            await answer(head)
            switch machine.requestEnded(hasInput: !input.isEmpty) {
            case .nextRequest: continue
            case .discard(let length):
                guard await discard(left(of: length)), !machine.isDraining else { break serving }
            case .linger:
                await linger()
                break serving
            case .close: break serving
            }
        }
        perform(machine.close(reset: false))
        acceptor.remove(self)
    }

    /// Serves one request: the body of the keep-alive loop.
    private func answer(_ head: RequestHead) async {
        self.head = head
        (bodyTaken, chunks) = (0, ChunkedDecoder())
        machine.requestBegan(head)
        await acceptor.handler.respond(
            to: ServerRequest(head: head, connection: self), with: ResponseWriter(connection: self))
        onCancel = nil
        if !machine.hasAnswered { await sendWhole(HTTPResponse(status: 500)) }
        lease?.release()
        lease = nil
    }

    // MARK: Events

    func ready(_ events: UInt32) { perform(machine.ready(Readiness(rawValue: events), at: loop.now)) }

    /// The acceptor calls it regularly.
    func checkTime(_ now: UInt64) { perform(machine.tick(at: now)) }

    /// Closes the connection between requests, or after the running answer.
    func drain() { perform(machine.drain()) }

    /// Cancels the running request.
    func drainLimitReached() { perform(machine.drainLimitReached()) }

    func cut() { perform(machine.cut()) }

    func drop(reset: Bool) { perform(machine.close(reset: reset)) }

    /// Does what the state machine says.
    func perform(_ actions: ConnectionActions) {
        if actions.isEmpty { return }
        if !actions.isDisjoint(with: [.close, .reset]) {
            loop.deregister(descriptor)
            if actions.contains(.reset) { oneapi_close_reset(descriptor) } else { Glibc.close(descriptor) }
        }
        if actions.contains(.cancelRequest) { notifyCancellation() }
        if actions.contains(.wakeReader) { wake(&reader) }
        if actions.contains(.wakeWriter) { wake(&writer) }
        if actions.contains(.probe) { probe() }
    }

    func notifyCancellation() {
        let action = onCancel
        onCancel = nil
        action?()
    }

    private func wake(_ continuation: inout UnsafeContinuation<Void, Never>?) {
        let waiting = continuation
        continuation = nil
        waiting?.resume()
    }
}

/// Carries a loop-confined value into a task of that loop.
///
/// `@unchecked Sendable`: it is created and used on one loop only, since `EventLoop.spawn` keeps the task there.
struct LoopConfined<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
