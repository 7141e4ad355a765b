import Glibc

/// A blocking TCP client that sends and receives raw bytes, for tests of framing.
package final class RawClient {
    private var descriptor: Int32
    /// Bytes that arrived with an answer but belong to the next one.
    private var surplus: [UInt8] = []
    /// Whether the server ended the connection with RST instead of FIN.
    package private(set) var wasReset = false
    /// Whether sending failed.
    package private(set) var isBroken = false

    /// Connects to 127.0.0.1. Receiving stops after `timeout` seconds, so that a broken server fails a test.
    package init(port: Int, timeout: Int = 60) throws {
        guard TestThreads.isCurrent else { throw RawClientError.suiteIsNotInTurn }
        descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        var limit = timeval(tv_sec: timeout, tv_usec: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_RCVTIMEO, &limit, socklen_t(MemoryLayout<timeval>.size))
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_port = in_port_t(UInt16(clamping: port).bigEndian)
        address.sin_addr = in_addr(s_addr: UInt32(0x7f00_0001).bigEndian)
        let status = withUnsafePointer(to: &address) {
            $0.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_in>.size))
            }
        }
        guard status == 0 else { throw RawClientError.notConnected }
    }

    deinit { hangUp() }

    package func send(_ text: String) { send(Array(text.utf8)) }

    package func send(_ bytes: [UInt8]) {
        var sent = 0
        while sent < bytes.count {
            let count = bytes.withUnsafeBytes {
                Glibc.send(descriptor, $0.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
            }
            if count <= 0 {
                isBroken = true
                return
            }
            sent += count
        }
    }

    /// Tells the server that no more bytes will come.
    package func finishSending() { shutdown(descriptor, Int32(SHUT_WR)) }

    /// Closes at once. Do not use the object afterwards.
    package func hangUp() {
        if descriptor >= 0 { close(descriptor) }
        descriptor = -1
    }

    /// Closes with RST, so that the server knows at once that the client is gone. Do not use the object afterwards.
    package func hangUpHard() {
        var option = linger(l_onoff: 1, l_linger: 0)
        setsockopt(descriptor, SOL_SOCKET, SO_LINGER, &option, socklen_t(MemoryLayout<linger>.size))
        hangUp()
    }

    /// The next bytes; empty at the end, after a reset and after the time limit.
    package func receive() -> [UInt8] {
        if !surplus.isEmpty {
            defer { surplus = [] }
            return surplus
        }
        var block = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(descriptor, &block, block.count, 0)
        if count < 0, errno == ECONNRESET { wasReset = true }
        return count > 0 ? Array(block[..<count]) : []
    }

    /// Whether neither bytes nor the end arrive within this time.
    package func isSilent(milliseconds: Int) -> Bool {
        var event = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        return surplus.isEmpty && poll(&event, 1, Int32(clamping: milliseconds)) == 0
    }

    /// All bytes until the server closes.
    package func receiveAll() -> String {
        var whole: [UInt8] = []
        while true {
            let piece = receive()
            if piece.isEmpty { return String(decoding: whole, as: UTF8.self) }
            whole += piece
        }
    }

    /// All bytes up to and including `end`.
    package func receive(until end: String) -> String {
        var text = ""
        while !text.contains(end) {
            let piece = receive()
            if piece.isEmpty { return text }
            text += String(decoding: piece, as: UTF8.self)
        }
        return text
    }

    /// One answer with `Content-Length`: status, head and body.
    package func receiveAnswer() -> (status: Int, head: String, body: String) {
        var bytes: [UInt8] = []
        while true {
            let text = String(decoding: bytes, as: UTF8.self)
            if let end = text.range(of: "\r\n\r\n") {
                let head = String(text[..<end.lowerBound])
                let body = String(text[end.upperBound...])
                let length = head.lowercased().split(separator: "\r\n").first { $0.hasPrefix("content-length:") }
                    .flatMap { Int($0.dropFirst(15).filter(\.isNumber)) }
                if let length, body.utf8.count >= length {
                    surplus = Array(body.utf8.dropFirst(length))
                    let own = String(decoding: body.utf8.prefix(length), as: UTF8.self)
                    return (Int(head.dropFirst(9).prefix(3)) ?? 0, head, own)
                }
            }
            let piece = receive()
            if piece.isEmpty { return (0, String(decoding: bytes, as: UTF8.self), "") }
            bytes += piece
        }
    }
}

package enum RawClientError: Error {
    case notConnected
    /// The suite lacks the trait `.inTurn`, so waiting would block Swift's own threads.
    case suiteIsNotInTurn
}

extension String {
    fileprivate func range(of part: String) -> Range<String.Index>? {
        let wanted = Array(part.utf8)
        let all = Array(utf8)
        guard all.count >= wanted.count else { return nil }
        for start in 0...(all.count - wanted.count) where all[start] == wanted[0] {
            if Array(all[start..<(start + wanted.count)]) == wanted {
                return utf8.index(startIndex, offsetBy: start)..<utf8.index(startIndex, offsetBy: start + wanted.count)
            }
        }
        return nil
    }
}
