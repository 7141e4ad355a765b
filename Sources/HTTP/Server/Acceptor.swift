import CLinux
import EventLoop
import Glibc

/// The listening socket of one loop and the connections that it accepted.
final class Acceptor: EventSource {
    let loop: EventLoop
    let configuration: ServerConfiguration
    let handler: any RequestHandler
    let dateLine = DateLine()
    private(set) var isDraining = false
    private let descriptor: Int32
    private var connections: [ObjectIdentifier: Connection] = [:]
    private var onEmpty: (() -> Void)?
    private var sweep: LoopTimer?

    init(descriptor: Int32, loop: EventLoop, configuration: ServerConfiguration, handler: any RequestHandler) {
        self.descriptor = descriptor
        self.loop = loop
        self.configuration = configuration
        self.handler = handler
    }

    func start() {
        loop.register(descriptor, events: EPOLLIN.rawValue, source: self)
        scheduleSweep()
    }

    /// Time limits are coarse: every connection is looked at each quarter of a second.
    private func scheduleSweep() {
        sweep = loop.schedule(after: .milliseconds(250)) { [weak self] in
            guard let self, !self.isDraining || !self.connections.isEmpty else { return }
            for connection in self.connections.values { connection.checkTime(self.loop.now) }
            self.scheduleSweep()
        }
    }

    func ready(_ events: UInt32) {
        // A few at a time: the others of a burst wait in the kernel while open connections are served.
        for _ in 0..<64 where connections.count < configuration.maxConnections {
            var peer = [CChar](repeating: 0, count: 64)
            var port: UInt16 = 0
            let client = oneapi_accept(descriptor, &peer, &port)
            if client < 0 { return }
            let address = peer.withUnsafeBufferPointer { buffer in
                String(decoding: buffer.prefix { $0 != 0 }.map { UInt8(bitPattern: $0) }, as: UTF8.self)
            }
            let connection = Connection(descriptor: client, peer: address, acceptor: self)
            connections[ObjectIdentifier(connection)] = connection
            connection.open()
        }
    }

    func remove(_ connection: Connection) {
        connections[ObjectIdentifier(connection)] = nil
        if connections.isEmpty, isDraining { finishDrain() }
    }

    /// Stops accepting, ends idle connections, and calls back when the busy ones are done.
    func drain(_ done: @escaping () -> Void) {
        guard !isDraining else { return done() }
        isDraining = true
        onEmpty = done
        loop.deregister(descriptor)
        close(descriptor)
        for connection in Array(connections.values) { connection.drain() }
        if connections.isEmpty { finishDrain() }
    }

    /// Cuts what is still open after the drain's limit.
    func cut() {
        for connection in Array(connections.values) { connection.close(reset: true) }
    }

    private func finishDrain() {
        let done = onEmpty
        onEmpty = nil
        done?()
    }
}

/// The `Date` header line, formatted once a second.
final class DateLine {
    private var second: time_t = -1
    private var line: [UInt8] = []

    func append(to output: inout [UInt8]) {
        var now = time(nil)
        if now != second {
            second = now
            var parts = tm()
            gmtime_r(&now, &parts)
            var text = [CChar](repeating: 0, count: 64)
            let length = strftime(&text, 64, "Date: %a, %d %b %Y %H:%M:%S GMT\r\n", &parts)
            line = text[..<length].map { UInt8(bitPattern: $0) }
        }
        output.append(contentsOf: line)
    }
}
