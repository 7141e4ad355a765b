import Glibc
import TestKit

/// A listening socket on 127.0.0.1 that nobody serves.
final class Listener: Sendable {
    let port: Int
    private let descriptor: Int32

    init(backlog: Int32) throws {
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var address = Self.address(0)
        var length = socklen_t(MemoryLayout<sockaddr_in>.size)
        let descriptor = self.descriptor
        let status = withUnsafeMutablePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) { pointer in
                bind(descriptor, pointer, length) | listen(descriptor, backlog)
                    | getsockname(descriptor, pointer, &length)
            }
        }
        port = Int(UInt16(bigEndian: address.sin_port))
        guard status == 0 else { throw RawClientError.notConnected }
    }

    deinit { close(descriptor) }

    private static func address(_ port: Int) -> sockaddr_in {
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port).bigEndian)
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        return address
    }

    /// Begins a connection, which takes a place in the queue.
    func connectWithoutWaiting() throws -> Int32 {
        let client = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        _ = fcntl(client, F_SETFL, O_NONBLOCK)
        var address = Self.address(port)
        _ = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(client, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        return client
    }

    /// Whether a connection waits to be accepted.
    var hasCaller: Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return poll(&event, 1, 0) == 1
    }

    /// Accepts one connection, reads something, sends these bytes and closes.
    func answerOnce(_ bytes: [UInt8]) {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        guard poll(&event, 1, 20_000) == 1 else { return }
        let client = accept(descriptor, nil, nil)
        var block = [UInt8](repeating: 0, count: 4096)
        _ = recv(client, &block, block.count, 0)
        _ = send(client, bytes, bytes.count, Int32(MSG_NOSIGNAL))
        shutdown(client, Int32(SHUT_WR))
        _ = recv(client, &block, block.count, 0)
        close(client)
    }
}

/// Runs `openssl s_server` with a self-signed certificate.
final class SelfSignedServer {
    let port: Int
    private let directory = TemporaryDirectory()
    private let process: Int32

    init() throws {
        let path = directory.path
        let made = Shell.run(
            "openssl req -x509 -newkey rsa:2048 -nodes -days 2 -subj /CN=localhost -keyout key.pem -out cert.pem",
            in: path)
        guard made.status == 0 else { throw RawClientError.notConnected }
        // Uses a port that was free a moment ago.
        port = try Listener(backlog: 1).port
        let words = [
            "openssl", "s_server", "-quiet", "-accept", "127.0.0.1:\(port)", "-key", path + "/key.pem", "-cert",
            path + "/cert.pem", "-www",
        ]
        var arguments: [UnsafeMutablePointer<CChar>?] = words.map { strdup($0) }
        arguments.append(nil)
        defer { for argument in arguments { free(argument) } }
        var child: pid_t = 0
        guard posix_spawnp(&child, "openssl", nil, nil, arguments, nil) == 0 else {
            throw RawClientError.notConnected
        }
        process = child
        for _ in 0..<500 where (try? RawClient(port: port)) == nil { usleep(10_000) }
    }

    func stop() {
        kill(process, SIGKILL)
        waitpid(process, nil, 0)
    }
}
