import Arithmetic
import CCurl
import EventLoop

/// One exchange with an upstream from `start` to its end. Used only on its loop.
///
/// States: waiting for the head, then for the body, then ended (`outcome` is set). curl's callbacks only fill buffers
/// and wake the waiting task. That task runs after curl has returned, so no callback ever releases the handle.
final class CurlTransfer: UpstreamBody {
    /// curl pauses at this many unread bytes, so that a slow client slows the upstream down.
    private static let highWater = 256 << 10

    /// The most bytes of header fields that are kept. Further fields are dropped.
    private static let headLimit = 256 << 10

    let handle: CurlHandle
    private let client: CurlClient
    private let limits: TransportLimits
    private let started: UInt64
    private var lastProgress: UInt64

    private(set) var status = 0
    private(set) var headers = HTTPHeaders()
    private var headBytes = 0
    private var hasHead = false
    private var hasLeft = false
    private var buffer: [UInt8] = []
    private var totalReceived = 0
    private var isPaused = false
    private var outcome: Result<Void, TransportError>?
    private var waiter: UnsafeContinuation<Void, Never>?

    init(handle: CurlHandle, client: CurlClient, limits: TransportLimits) {
        self.handle = handle
        self.client = client
        self.limits = limits
        started = client.loop.now
        lastProgress = started
    }

    static func from(_ context: UnsafeMutableRawPointer?) -> CurlTransfer? {
        context.map { Unmanaged<CurlTransfer>.fromOpaque($0).takeUnretainedValue() }
    }

    // MARK: For the caller

    func waitForHead() async throws(TransportError) {
        while !hasHead {
            if let outcome {
                try outcome.get()
                throw .reset("the upstream closed without an answer")
            }
            await withUnsafeContinuation { waiter = $0 }
        }
    }

    func next() async throws(TransportError) -> [UInt8]? {
        while true {
            if !buffer.isEmpty {
                let taken = buffer
                buffer = []
                if isPaused {
                    isPaused = false
                    client.resume(handle)
                }
                return taken
            }
            if let outcome {
                try outcome.get()
                return nil
            }
            await withUnsafeContinuation { waiter = $0 }
        }
    }

    func cancel() { end(.failure(.cancelled)) }

    /// Whether bytes of the request were sent. It is known once the head has arrived or the transfer has ended.
    var wasSent: Bool { hasHead || hasLeft }

    // MARK: For curl

    func receivedHeader(_ line: UnsafeRawBufferPointer) {
        lastProgress = client.loop.now
        if line.starts(with: "HTTP/".utf8) {
            // A new head begins. An interim answer before it does not count.
            headers = HTTPHeaders()
            headBytes = 0
            headers.reserve(fields: 16, bytes: 1024)
            let space = line.firstIndex(of: 0x20) ?? line.count
            let digits = line[min(space + 1, line.count)..<min(space + 4, line.count)]
            status = decimal(UnsafeRawBufferPointer(rebasing: digits)) ?? 0
            return
        }
        let content = trimmedLine(line)
        if content.isEmpty {
            if status >= 200 {
                hasHead = true
                wake()
            }
            return
        }
        headBytes += content.count
        guard headers.count < 200, headBytes <= Self.headLimit, let colon = content.firstIndex(of: 0x3a) else { return }
        headers.add(
            name: UnsafeRawBufferPointer(rebasing: content[..<colon]),
            value: trimmed(UnsafeRawBufferPointer(rebasing: content[(colon + 1)...])))
    }

    /// - Returns: the value for curl's write callback.
    func received(_ bytes: UnsafeRawBufferPointer) -> Int {
        if outcome != nil { return 0 }
        lastProgress = client.loop.now
        if buffer.count >= Self.highWater {
            isPaused = true
            return Int(CURL_WRITEFUNC_PAUSE)
        }
        totalReceived = totalReceived.plus(bytes.count)
        if let limit = limits.bodyBytes, totalReceived > limit {
            outcome = .failure(.tooLarge)
            wake()
            return 0
        }
        buffer.append(contentsOf: bytes)
        wake()
        return bytes.count
    }

    /// Call it while the handle still belongs to this transfer.
    func noteSent() {
        if !hasHead { hasLeft = oneapi_easy_was_sent(handle.easy) }
    }

    /// curl has finished this transfer. The handle is already back in the pool.
    func finish(_ result: CURLcode) {
        if outcome == nil {
            outcome = TransportError(result).map { .failure($0) } ?? .success(())
        }
        wake()
    }

    func checkTime(_ now: UInt64) {
        guard outcome == nil, !isPaused else { return }
        if let total = limits.total, now > started.plus(total.nanoseconds) {
            end(.failure(.timedOut(.total)))
        } else if !hasHead, let first = limits.firstByte, now > started.plus(first.nanoseconds) {
            end(.failure(.timedOut(.firstByte)))
        } else if hasHead, let idle = limits.idle, now > lastProgress.plus(idle.nanoseconds) {
            end(.failure(.timedOut(.idle)))
        }
    }

    private func end(_ result: Result<Void, TransportError>) {
        guard outcome == nil else { return }
        outcome = result
        client.release(self)
        wake()
    }

    private func wake() {
        let waiting = waiter
        waiter = nil
        waiting?.resume()
    }
}

private func trimmedLine(_ line: UnsafeRawBufferPointer) -> UnsafeRawBufferPointer {
    var end = line.count
    while end > 0, line[end - 1] == 0x0a || line[end - 1] == 0x0d { end -= 1 }
    return trimmed(UnsafeRawBufferPointer(rebasing: line[..<end]))
}
