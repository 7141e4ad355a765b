import Arithmetic
import EventLoop
import Glibc

extension Connection {
    /// A body of at most this many bytes is sent together with its head.
    private static let smallBody = 16 << 10

    func sendWhole(_ response: HTTPResponse) async {
        if !machine.isBodyRead { await readAway() }
        appendHead(status: response.status, headers: response.headers)
        if response.status != 204, response.status != 304 {
            output.append(contentsOf: "Content-Length: ")
            output.appendDecimal(response.body.count)
            output.append(contentsOf: "\r\n\r\n")
            if head?.method != .head {
                if response.body.count <= Self.smallBody {
                    output.append(contentsOf: response.body)
                } else {
                    outputBody = response.body
                }
            }
        } else {
            output.append(contentsOf: "\r\n")
        }
        _ = await flush()
    }

    func beginStream(status: Int, headers: HTTPHeaders, contentLength: Int?, probe: [UInt8]) {
        expectedLength = contentLength
        streamProbe = probe
        isChunked = contentLength == nil && head?.isHTTP11 == true
        if contentLength == nil, !isChunked { machine.answerEndsByClose() }
        appendHead(status: status, headers: headers)
        if let contentLength {
            output.append(contentsOf: "Content-Length: ")
            output.appendDecimal(contentLength)
            output.append(contentsOf: "\r\n")
        } else if isChunked {
            output.append(contentsOf: "Transfer-Encoding: chunked\r\n")
        }
        output.append(contentsOf: "\r\n")
    }

    func writeStream(_ bytes: [UInt8]) async throws(ClientGone) {
        guard !machine.isGone else { throw ClientGone() }
        appendPiece(bytes)
        if let length = expectedLength { expectedLength = length - bytes.count }
        if !(await flush()) { throw ClientGone() }
    }

    private func appendPiece(_ bytes: [UInt8]) {
        // An empty chunk would end the body.
        if bytes.isEmpty || head?.method == .head { return }
        guard isChunked else { return output.append(contentsOf: bytes) }
        output.appendHexadecimal(bytes.count)
        output.append(contentsOf: "\r\n")
        output.append(contentsOf: bytes)
        output.append(contentsOf: "\r\n")
    }

    func finishStream() async {
        streamProbe = []
        if isChunked, head?.method != .head { output.append(contentsOf: "0\r\n\r\n") }
        if let expectedLength, expectedLength != 0, head?.method != .head { machine.answerEndsByClose() }
        _ = await flush()
    }

    private func appendHead(status: Int, headers: HTTPHeaders) {
        let closes = machine.answerBegan()
        // A wrong status is better than one that no client can read.
        let status = (100...999).contains(status) ? status : 502
        output.append(contentsOf: "HTTP/1.1 ")
        output.appendDecimal(status)
        output.append(0x20)
        output.append(contentsOf: reasonPhrase(status))
        output.append(contentsOf: "\r\n")
        headers.serialize(into: &output)
        acceptor.dateLine.append(to: &output)
        if closes {
            output.append(contentsOf: "Connection: close\r\n")
        } else if head?.isHTTP11 == false {
            output.append(contentsOf: "Connection: keep-alive\r\n")
        }
    }

    /// Sends something to a client that has closed its sending side. A client that still reads must ignore it (RFC 9110
    /// §15.2); a closed socket answers with RST.
    func probe() {
        // Bytes that wait to be sent serve as the probe.
        guard output.isEmpty, writer == nil else { return }
        if machine.hasAnswered {
            if !streamProbe.isEmpty { appendPiece(streamProbe) }
        } else {
            output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n")
        }
        let sent = output.isEmpty ? 0 : sendNow(from: 0)
        // The next write sends the rest.
        if sent > 0 { output.removeFirst(sent) } else { output.removeAll(keepingCapacity: true) }
    }

    /// Gives `output` and `outputBody` to the kernel and waits while its buffer is full. Returns false if the client is
    /// gone.
    func flush() async -> Bool {
        var sent = 0
        let size = output.count.plus(outputBody.count)
        sending: while sent < size {
            switch machine.writeStep {
            case .stop: break sending
            case .wait: await withUnsafeContinuation { writer = $0 }
            case .transfer:
                let count = sendNow(from: sent)
                if count > 0 {
                    sent += count
                    machine.didWrite(count)
                } else if errno == EAGAIN {
                    machine.writeBlocked(at: loop.now)
                } else if errno != EINTR {
                    perform(machine.writeFailed())
                }
            }
        }
        let isDone = sent == size && !machine.isGone
        machine.writeEnded()
        output.removeAll(keepingCapacity: output.capacity <= 256 << 10)
        outputBody = []
        return isDone
    }

    private func sendNow(from start: Int) -> Int {
        if start >= output.count { return send(outputBody, from: start - output.count, Int32(MSG_NOSIGNAL)) }
        // A head waits for the start of its body, so that both share a packet.
        let flags = outputBody.isEmpty ? MSG_NOSIGNAL : MSG_NOSIGNAL | MSG_MORE
        return send(output, from: start, Int32(flags))
    }

    private func send(_ bytes: [UInt8], from start: Int, _ flags: Int32) -> Int {
        bytes.withUnsafeBytes { bytes in
            Glibc.send(descriptor, bytes.baseAddress.map { $0 + start }, bytes.count - start, flags)
        }
    }
}
