import CLinux
import EventLoop
import Glibc

/// One client connection: reads requests in turn, hands each to the handler, writes the answer.
///
/// Confined to its loop. The descriptor is registered once, edge-triggered for reading and writing, so that a request
/// costs no `epoll_ctl`; `isReadable` and `isWritable` remember what the kernel last said.
final class Connection: EventSource {
    /// What the connection is waiting for, which decides its time limit.
    private enum Phase { case idle, head, body, handling, writing }

    let loop: EventLoop
    let peerAddress: String
    private let descriptor: Int32
    private let acceptor: Acceptor
    private var configuration: ServerConfiguration { acceptor.configuration }

    private var input = InputBuffer()
    private var isReadable = true
    private var isWritable = true
    private(set) var isPeerGone = false
    private var isClosed = false
    private var reader: UnsafeContinuation<Void, Never>?
    private var writer: UnsafeContinuation<Void, Never>?
    private var deadline: UInt64 = .max
    private var hasTimedOut = false
    private var phase = Phase.idle
    var onDisconnect: (() -> Void)?

    private var head: RequestHead?
    private var isBodyRead = false
    private var output: [UInt8] = []
    private var hasAnswered = false
    private var isChunked = false
    private var mustClose = false
    private var expectedLength: Int?

    init(descriptor: Int32, peer: String, acceptor: Acceptor) {
        self.descriptor = descriptor
        peerAddress = peer
        loop = acceptor.loop
        self.acceptor = acceptor
    }

    var isIdle: Bool { phase == .idle && input.isEmpty }

    // MARK: Life

    func open() {
        let events = EPOLLIN.rawValue | EPOLLOUT.rawValue | EPOLLRDHUP.rawValue | EPOLLET.rawValue
        loop.register(descriptor, events: events, source: self)
        let connection = LoopConfined(self)
        loop.spawn { await connection.value.serve() }
    }

    private func serve() async {
        while !isClosed, let head = await nextHead() {
            await answer(head)
            if mustClose || acceptor.isDraining { break }
            guard await discardBody() else { break }
        }
        close()
    }

    /// One request: the whole of the keep-alive loop's body.
    private func answer(_ head: RequestHead) async {
        self.head = head
        isBodyRead = head.framing == .none
        hasAnswered = false
        mustClose = !head.keepsAlive
        setPhase(.handling)
        await acceptor.handler.respond(
            to: ServerRequest(head: head, connection: self), with: ResponseWriter(connection: self))
        onDisconnect = nil
        if !hasAnswered { await sendWhole(HTTPResponse(status: 500)) }
    }

    func close(reset: Bool = false) {
        guard !isClosed else { return }
        isClosed = true
        loop.deregister(descriptor)
        if reset { oneapi_close_reset(descriptor) } else { Glibc.close(descriptor) }
        wake(&reader)
        wake(&writer)
        acceptor.remove(self)
    }

    func drop(reset: Bool) {
        hasAnswered = true
        mustClose = true
        close(reset: reset)
    }

    /// Ends the connection if it is between requests; a busy one ends after its answer.
    func drain() {
        if isIdle { close() }
    }

    // MARK: Events

    func ready(_ events: UInt32) {
        if events & (EPOLLIN.rawValue | EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0 {
            isReadable = true
            wake(&reader)
        }
        if events & (EPOLLRDHUP.rawValue | EPOLLHUP.rawValue | EPOLLERR.rawValue) != 0, !isPeerGone {
            isPeerGone = true
            notifyDisconnect()
            wake(&writer)
        }
        if events & EPOLLOUT.rawValue != 0 {
            isWritable = true
            wake(&writer)
        }
    }

    func notifyDisconnect() {
        let action = onDisconnect
        onDisconnect = nil
        action?()
    }

    private func wake(_ continuation: inout UnsafeContinuation<Void, Never>?) {
        let waiting = continuation
        continuation = nil
        waiting?.resume()
    }

    private func setPhase(_ new: Phase) {
        phase = new
        let limit: Duration
        switch new {
        case .idle: limit = configuration.keepAliveTimeout
        case .head: limit = configuration.headTimeout
        case .body: limit = configuration.bodyTimeout
        case .writing: limit = configuration.writeTimeout
        case .handling:
            deadline = .max
            return
        }
        deadline = loop.now &+ limit.nanoseconds
    }

    /// Called by the acceptor now and then.
    func checkTime(_ now: UInt64) {
        guard now >= deadline else { return }
        deadline = .max
        hasTimedOut = true
        wake(&reader)
        wake(&writer)
    }

    // MARK: Reading

    /// Appends what the kernel has; suspends until there is something. False at the end, on error or time-out.
    private func readMore() async -> Bool {
        while !isClosed {
            if isReadable {
                switch input.fill(from: descriptor) {
                case .some(let isDrained):
                    isReadable = !isDrained
                    return true
                case .none where errno == EAGAIN:
                    isReadable = false
                case .none where errno == EINTR:
                    continue
                case .none:
                    return false
                }
            }
            if hasTimedOut { return false }
            await withUnsafeContinuation { reader = $0 }
        }
        return false
    }

    private func nextHead() async -> RequestHead? {
        let parser = HeadParser(
            maxHeadBytes: configuration.maxHeadBytes, maxFields: configuration.maxHeaderFields)
        head = nil
        hasTimedOut = false
        setPhase(input.isEmpty ? .idle : .head)
        var scanned = 0
        do throws(HeadError) {
            while true {
                input.dropLeadingBlankLines()
                if !input.isEmpty {
                    if phase == .idle { setPhase(.head) }
                    if let head = try input.takeHead(parser, scanned: &scanned) { return head }
                }
                guard await readMore() else { break }
            }
        } catch {
            await refuse(error.status, error.reason)
            return nil
        }
        if hasTimedOut, phase == .head { await refuse(408, "The request's header did not arrive in time.") }
        return nil
    }

    private func refuse(_ status: Int, _ reason: String) async {
        mustClose = true
        hasTimedOut = false
        let (type, bytes) = configuration.errorBody(status, reason)
        await sendWhole(HTTPResponse(status: status, headers: ["Content-Type": type], body: bytes))
        lingerBriefly()
    }

    /// Reads away what has arrived, so that closing does not turn into a RST that eats the answer.
    private func lingerBriefly() {
        shutdown(descriptor, Int32(SHUT_WR))
        var scratch = InputBuffer()
        for _ in 0..<16 where scratch.fill(from: descriptor) == false { scratch.removeAll() }
    }

    func readBody(limit: Int) async throws(BodyError) -> [UInt8] {
        guard let head, !isBodyRead else { return [] }
        if case .length(let length) = head.framing, length > limit { throw .tooLarge }
        if head.expectsContinue, input.isEmpty {
            output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n".utf8)
            guard await flush() else { throw .disconnected }
        }
        setPhase(.body)
        defer { setPhase(.handling) }
        switch head.framing {
        case .none: return []
        case .length(let length):
            while input.count < length { try await readBodyPiece() }
            isBodyRead = true
            return input.take(length)
        case .chunked: return try await readChunks(limit: limit)
        }
    }

    private func readBodyPiece() async throws(BodyError) {
        guard await readMore() else {
            mustClose = true
            throw hasTimedOut ? .timedOut : .disconnected
        }
        deadline = loop.now &+ configuration.bodyTimeout.nanoseconds
    }

    private func readChunks(limit: Int) async throws(BodyError) -> [UInt8] {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        while true {
            do throws(BodyError) {
                try input.decode(&decoder, into: &body)
            } catch {
                mustClose = true
                throw error
            }
            if decoder.isDone { break }
            if body.count > limit {
                mustClose = true
                throw .tooLarge
            }
            try await readBodyPiece()
        }
        isBodyRead = true
        if body.count > limit { throw .tooLarge }
        return body
    }

    /// Skips a body that the handler did not read, if it is short; false where the connection has to end instead.
    private func discardBody() async -> Bool {
        defer { isBodyRead = true }
        guard !isBodyRead, let framing = head?.framing else { return true }
        guard case .length(let length) = framing, length <= 1 << 20 else {
            lingerBriefly()
            return false
        }
        hasTimedOut = false
        setPhase(.body)
        while input.count < length { guard await readMore() else { return false } }
        _ = input.take(length)
        return true
    }

    // MARK: Writing

    func sendWhole(_ response: HTTPResponse) async {
        hasAnswered = true
        appendHead(status: response.status, headers: response.headers)
        let hasBody = response.status != 204 && response.status != 304
        if hasBody {
            output.append(contentsOf: "Content-Length: ".utf8)
            output.appendDecimal(response.body.count)
            output.append(contentsOf: "\r\n\r\n".utf8)
            if head?.method != .head { output.append(contentsOf: response.body) }
        } else {
            output.append(contentsOf: "\r\n".utf8)
        }
        if !(await flush()) { mustClose = true }
    }

    func beginStream(status: Int, headers: HTTPHeaders, contentLength: Int?) {
        hasAnswered = true
        expectedLength = contentLength
        isChunked = contentLength == nil && head?.isHTTP11 == true
        if contentLength == nil, !isChunked { mustClose = true }
        appendHead(status: status, headers: headers)
        if let contentLength {
            output.append(contentsOf: "Content-Length: ".utf8)
            output.appendDecimal(contentLength)
            output.append(contentsOf: "\r\n".utf8)
        } else if isChunked {
            output.append(contentsOf: "Transfer-Encoding: chunked\r\n".utf8)
        }
        output.append(contentsOf: "\r\n".utf8)
    }

    func writeStream(_ bytes: [UInt8]) async throws(ClientGone) {
        guard !isClosed, !isPeerGone else { throw ClientGone() }
        if bytes.isEmpty || head?.method == .head {
            if !(await flush()) { throw ClientGone() }
            return
        }
        if isChunked {
            output.appendHexadecimal(bytes.count)
            output.append(contentsOf: "\r\n".utf8)
            output.append(contentsOf: bytes)
            output.append(contentsOf: "\r\n".utf8)
        } else {
            output.append(contentsOf: bytes)
        }
        if let length = expectedLength { expectedLength = length - bytes.count }
        if !(await flush()) { throw ClientGone() }
    }

    func finishStream() async {
        if isChunked, head?.method != .head { output.append(contentsOf: "0\r\n\r\n".utf8) }
        if let expectedLength, expectedLength != 0, head?.method != .head { mustClose = true }
        if !(await flush()) { mustClose = true }
    }

    private func appendHead(status: Int, headers: HTTPHeaders) {
        output.append(contentsOf: "HTTP/1.1 ".utf8)
        output.appendDecimal(status)
        output.append(0x20)
        output.append(contentsOf: reasonPhrase(status))
        output.append(contentsOf: "\r\n".utf8)
        headers.serialize(into: &output)
        acceptor.dateLine.append(to: &output)
        if mustClose || acceptor.isDraining {
            mustClose = true
            output.append(contentsOf: "Connection: close\r\n".utf8)
        } else if head?.isHTTP11 == false {
            output.append(contentsOf: "Connection: keep-alive\r\n".utf8)
        }
    }

    /// Hands `output` to the kernel, waiting while its buffer is full. False if the client is gone.
    private func flush() async -> Bool {
        guard !isClosed else { return false }
        var sent = 0
        while sent < output.count {
            if isWritable {
                let count = output.withUnsafeBytes { bytes in
                    send(descriptor, bytes.baseAddress.map { $0 + sent }, bytes.count - sent, Int32(MSG_NOSIGNAL))
                }
                if count > 0 {
                    sent += count
                    continue
                }
                if errno == EINTR { continue }
                guard errno == EAGAIN else { break }
                isWritable = false
            }
            let before = phase
            setPhase(.writing)
            await withUnsafeContinuation { writer = $0 }
            setPhase(before)
            if isClosed || isPeerGone || hasTimedOut { break }
        }
        let isDone = sent == output.count
        output.removeAll(keepingCapacity: output.capacity <= 256 << 10)
        if !isDone {
            isPeerGone = true
            mustClose = true
        }
        return isDone
    }
}

/// Carries a loop-confined value into a task of that loop.
///
/// `@unchecked Sendable`: made and used on one loop only, since `EventLoop.spawn` keeps the task there.
struct LoopConfined<Value>: @unchecked Sendable {
    let value: Value
    init(_ value: Value) { self.value = value }
}
