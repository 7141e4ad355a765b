import CLinux
package import EventLoop
import Glibc
import Synchronization

/// Why the server could not start.
package enum ListenError: Error, Equatable {
    /// The address is not a numeric IP address of this machine.
    case badHost(String)
    case portInUse(Int)
    case failed(String)
}

/// An HTTP/1.1 server on every loop of a group. Each loop has its own listening socket (`SO_REUSEPORT`).
package final class HTTPServer: Sendable {
    private let configuration: ServerConfiguration
    private let loops: EventLoopGroup
    private let handler: any RequestHandler
    private let acceptors = Mutex<[LoopConfined<Acceptor>]>([])
    private let boundHost: Mutex<String>
    private let bind: Bind

    /// Opens a listening socket at an address and fills in the port. `isShared` allows other sockets to share the port.
    /// Returns a descriptor or a negative `errno`.
    package typealias Bind = @Sendable (_ host: String, _ port: inout UInt16, _ isShared: Bool) -> Int32

    package static let bindSocket: Bind = { oneapi_listen($0, &$1, 4096, $2 ? 1 : 0) }

    /// All addresses of IPv6 and IPv4, with one socket.
    package static let allAddresses = "::"
    package static let allIPv4Addresses = "0.0.0.0"

    /// - Parameter bind: opens the listening sockets. Tests can make it fail.
    package init(
        configuration: ServerConfiguration, loops: EventLoopGroup, handler: any RequestHandler,
        bind: @escaping Bind = HTTPServer.bindSocket
    ) {
        self.configuration = configuration
        self.bind = bind
        self.loops = loops
        self.handler = handler
        boundHost = Mutex(configuration.host)
    }

    /// The address that the server is bound to: the configured one, or `0.0.0.0` instead of `::` if there is no IPv6.
    package var host: String { boundHost.withLock { $0 } }

    /// Binds the address and begins to accept.
    /// - Returns: the bound port.
    package func start() throws(ListenError) -> Int {
        // The first bind is without SO_REUSEPORT and fails if another process has the port. With it, both processes
        // would share the port silently.
        var port = UInt16(clamping: configuration.port)
        if port != 0 { close(try listen(&port, reusePort: false)) }
        for loop in loops.loops {
            let descriptor = try listen(&port, reusePort: true)
            let acceptor = LoopConfined(
                Acceptor(descriptor: descriptor, loop: loop, configuration: configuration, handler: handler))
            acceptors.withLock { $0.append(acceptor) }
            loop.submit { acceptor.value.start() }
        }
        return Int(port)
    }

    func listen(_ port: inout UInt16, reusePort: Bool) throws(ListenError) -> Int32 {
        let descriptor = bind(host, &port, reusePort)
        if descriptor >= 0 { return descriptor }
        switch -descriptor {
        case EAFNOSUPPORT where host == Self.allAddresses, EADDRNOTAVAIL where host == Self.allAddresses:
            // This machine has no IPv6.
            boundHost.withLock { $0 = Self.allIPv4Addresses }
            return try listen(&port, reusePort: reusePort)
        case EADDRNOTAVAIL: throw .badHost(configuration.host)
        case EADDRINUSE: throw .portInUse(Int(port))
        default: throw .failed(String(cString: strerror(-descriptor)))
        }
    }

    /// What a drain waits for after its limit.
    package struct DrainPatience: Sendable {
        /// The time for handlers to tell their clients and to settle, before connections are cut.
        package var telling: Duration
        /// The time for handlers to end after that.
        package var ending: Duration

        package init(telling: Duration = .seconds(5), ending: Duration = .seconds(20)) {
            self.telling = telling
            self.ending = ending
        }
    }

    /// Stops accepting and lets running answers end. At `limit` every running request is cancelled as `.shuttingDown`,
    /// so that its handler can tell the client. Later the connections are cut. Returns when all handlers have ended.
    /// - Returns: the number of handlers that still ran when the patience ended.
    @discardableResult
    package func drain(limit: Duration, patience: DrainPatience = DrainPatience()) async -> Int {
        let open = acceptors.withLock { acceptors in
            defer { acceptors = [] }
            return acceptors
        }
        return await withTaskGroup(of: Int.self) { group in
            for acceptor in open {
                group.addTask { await Self.drain(acceptor, limit, patience) }
            }
            return await group.reduce(0) { $0 + $1 }
        }
    }

    private static func drain(
        _ acceptor: LoopConfined<Acceptor>, _ limit: Duration, _ patience: DrainPatience
    ) async -> Int {
        let loop = acceptor.value.loop
        return await withUnsafeContinuation { (continuation: UnsafeContinuation<Int, Never>) in
            loop.submit {
                let acceptor = acceptor.value
                var left = 0
                let timers = [
                    loop.schedule(after: limit) { acceptor.reachDrainLimit() },
                    loop.schedule(after: limit + patience.telling) { acceptor.cut() },
                    loop.schedule(after: limit + patience.telling + patience.ending) {
                        left = acceptor.unfinished
                        acceptor.stopWaiting()
                    },
                ]
                acceptor.drain {
                    for timer in timers { timer.cancel() }
                    continuation.resume(returning: left)
                }
            }
        }
    }
}
