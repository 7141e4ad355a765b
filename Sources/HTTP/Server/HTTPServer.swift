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

/// An HTTP/1.1 server on every loop of a group; each has its own listening socket (`SO_REUSEPORT`).
package final class HTTPServer: Sendable {
    private let configuration: ServerConfiguration
    private let loops: EventLoopGroup
    private let handler: any RequestHandler
    private let acceptors = Mutex<[LoopConfined<Acceptor>]>([])

    package init(configuration: ServerConfiguration, loops: EventLoopGroup, handler: any RequestHandler) {
        self.configuration = configuration
        self.loops = loops
        self.handler = handler
    }

    /// Binds and begins to accept.
    /// - Returns: the bound port.
    package func start() throws(ListenError) -> Int {
        // A first bind without SO_REUSEPORT finds out whether somebody else has the port; with it, two processes
        // would share it in silence.
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

    private func listen(_ port: inout UInt16, reusePort: Bool) throws(ListenError) -> Int32 {
        let descriptor = oneapi_listen(configuration.host, &port, 4096, reusePort ? 1 : 0)
        if descriptor >= 0 { return descriptor }
        switch -descriptor {
        case EADDRNOTAVAIL: throw .badHost(configuration.host)
        case EADDRINUSE: throw .portInUse(Int(port))
        default: throw .failed(String(cString: strerror(-descriptor)))
        }
    }

    /// Stops accepting, lets running answers end, and cuts what is open after `limit`.
    package func drain(limit: Duration) async {
        let open = acceptors.withLock { acceptors in
            defer { acceptors = [] }
            return acceptors
        }
        await withTaskGroup(of: Void.self) { group in
            for acceptor in open {
                group.addTask { await Self.drain(acceptor, limit: limit) }
            }
        }
    }

    private static func drain(_ acceptor: LoopConfined<Acceptor>, limit: Duration) async {
        let loop = acceptor.value.loop
        await withUnsafeContinuation { (continuation: UnsafeContinuation<Void, Never>) in
            loop.submit {
                let timer = loop.schedule(after: limit) { acceptor.value.cut() }
                acceptor.value.drain {
                    timer.cancel()
                    continuation.resume()
                }
            }
        }
    }
}
