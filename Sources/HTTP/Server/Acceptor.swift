import CLinux
import EventLoop
import Glibc

/// The listening socket of one loop and the connections that it accepted.
final class Acceptor: EventSource {
    /// Accepts the next connection of a listening socket and fills in its peer's address and port.
    typealias Accept = (Int32, UnsafeMutablePointer<CChar>, UnsafeMutablePointer<UInt16>) -> Int32

    /// The most connections accepted at once. The rest of a burst waits in the kernel while open connections are
    /// served.
    private static let burst = 64

    let loop: EventLoop
    let configuration: ServerConfiguration
    let limits: ConnectionLimits
    let parser: HeadParser
    let handler: any RequestHandler
    let dateLine = DateLine()
    /// The buffer that all connections of the loop read into, one after the other.
    let scratch = UnsafeMutableRawBufferPointer.allocate(byteCount: 64 << 10, alignment: 16)
    private let descriptor: Int32
    private let accept: Accept
    private var machine: AcceptorStateMachine
    /// All connections, including those with a closed socket whose handler still runs.
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var onEmpty: (() -> Void)?
    private var sweep: LoopTimer?

    /// - Parameter accept: returns a descriptor or a negative `errno`.
    init(
        descriptor: Int32, loop: EventLoop, configuration: ServerConfiguration, handler: any RequestHandler,
        accept: @escaping Accept = { oneapi_accept($0, $1, $2) }
    ) {
        self.descriptor = descriptor
        self.loop = loop
        self.configuration = configuration
        self.handler = handler
        self.accept = accept
        limits = ConnectionLimits(configuration)
        parser = HeadParser(maxHeadBytes: configuration.maxHeadBytes, maxFields: configuration.maxHeaderFields)
        machine = AcceptorStateMachine(limit: configuration.maxConnections)
    }

    deinit { scratch.deallocate() }

    func start() {
        loop.register(descriptor, events: EPOLLIN.rawValue, source: self)
        scheduleSweep()
    }

    /// Time limits are coarse: every connection is checked each quarter of a second.
    private func scheduleSweep() {
        sweep = loop.schedule(after: .milliseconds(250)) { [weak self] in
            guard let self, self.machine.phase != .closed || !self.connections.isEmpty else { return }
            for connection in Array(self.connections.values) { connection.checkTime(self.loop.now) }
            if self.machine.resume() { self.listen(true) }
            self.scheduleSweep()
        }
    }

    // MARK: Accepting

    func ready(_ events: UInt32) {
        var peer = [CChar](repeating: 0, count: 64)
        accepting: for _ in 0..<Self.burst where machine.mayAccept {
            var port: UInt16 = 0
            let client = accept(descriptor, &peer, &port)
            switch machine.accepted(client) {
            case .open: open(client, peer)
            case .again: continue
            case .stop: return
            case .rest:
                listen(false)
                return
            }
        }
        if machine.becameFull() { listen(false) }
    }

    private func open(_ client: Int32, _ peer: [CChar]) {
        let address = peer.withUnsafeBufferPointer { buffer in
            String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
        }
        let connection = Connection(descriptor: client, peer: address, acceptor: self)
        connections[ObjectIdentifier(connection)] = connection
        connection.open()
    }

    private func listen(_ isOn: Bool) { loop.modify(descriptor, events: isOn ? EPOLLIN.rawValue : 0) }

    /// A connection is closed and its last handler has ended.
    func remove(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if machine.removed() { listen(true) }
        if connections.isEmpty, machine.phase == .closed { finishDrain() }
    }

    // MARK: Draining

    /// Stops accepting and closes idle connections. Calls back when the others are done and their handlers have ended.
    func drain(_ done: @escaping () -> Void) {
        guard machine.phase != .closed else { return done() }
        machine.close()
        onEmpty = done
        loop.deregister(descriptor)
        close(descriptor)
        for connection in Array(connections.values) { connection.drain() }
        if connections.isEmpty { finishDrain() }
    }

    /// Cancels the requests that still run, so that their clients can be told.
    func reachDrainLimit() {
        for connection in Array(connections.values) { connection.drainLimitReached() }
    }

    /// Cuts the connections that are still open, but still waits for their handlers.
    func cut() {
        for connection in Array(connections.values) { connection.cut() }
    }

    /// The number of connections whose handler has not ended.
    var unfinished: Int { connections.count }

    /// Calls the drain's caller back although some handlers still run.
    func stopWaiting() { finishDrain() }

    private func finishDrain() {
        let done = onEmpty
        onEmpty = nil
        done?()
    }
}
