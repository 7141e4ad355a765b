import Glibc
import Synchronization

/// A SOCKS proxy of version 5 that records what it is asked for and refuses it.
final class SocksProxy: Sendable {
    let port: Int
    private let listener: Int32
    private let requests = Mutex<[[UInt8]]>([])

    var asked: [[UInt8]] { requests.withLock { $0 } }

    init() throws {
        listener = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7f00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let listener = listener
        withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                _ = bind(listener, $0, size)
                _ = listen(listener, 8)
                _ = getsockname(listener, $0, &size)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        var thread = pthread_t()
        let proxy = Unmanaged.passRetained(self)
        pthread_create(
            &thread, nil,
            { context in
                if let context { Unmanaged<SocksProxy>.fromOpaque(context).takeRetainedValue().serve() }
                return nil
            }, proxy.toOpaque())
        pthread_detach(thread)
    }

    func stop() { shutdown(listener, Int32(SHUT_RDWR)) }

    private func serve() {
        while true {
            let client = accept(listener, nil, nil)
            guard client >= 0 else { break }
            var limit = timeval(tv_sec: 10, tv_usec: 0)
            setsockopt(client, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
            var buffer = [UInt8](repeating: 0, count: 512)
            // Reads the greeting, answers "no authentication", reads the request, and answers "not allowed".
            if recv(client, &buffer, 512, 0) > 0 {
                send(client, [5, 0], 2, Int32(MSG_NOSIGNAL))
                let count = recv(client, &buffer, 512, 0)
                if count > 0 { requests.withLock { $0.append(Array(buffer.prefix(count))) } }
                send(client, [5, 2, 0, 1, 0, 0, 0, 0, 0, 0], 10, Int32(MSG_NOSIGNAL))
            }
            close(client)
        }
        close(listener)
    }
}
