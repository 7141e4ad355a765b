import EventLoop
import Glibc
import HTTP
import Synchronization

/// Sends an answer with its faults and at its pace, and adds it to the ledger once it is complete.
struct Delivery {
    let ledger: TokenLedger
    let pace: Pace
    let fault: Fault?
    let failureEvent: [UInt8]

    func send(_ answer: Answer, for request: ServerRequest, with writer: consuming ResponseWriter) async {
        guard let fault else { return await sendWell(answer, for: request, with: writer) }
        var answer = answer
        for field in fault.headers { answer.headers.set(field.name, field.value) }
        if fault.delayMilliseconds > 0 { await request.loop.sleep(for: .milliseconds(fault.delayMilliseconds)) }
        switch fault.instead {
        case .hangUp(let reset): return writer.drop(reset: reset)
        case .silence:
            await wait(for: request)
            return writer.drop(reset: false)
        default: break
        }
        switch answer.body {
        case .whole(let bytes): await sendBroken(bytes, answer, fault, for: request, with: writer)
        case .events(let events, let end):
            let bytes = Damage(fault: fault, failure: failureEvent).events(events, end: end)
            await sendBroken(bytes, answer, fault, for: request, with: writer)
        case .list(let elements, let end, let failure):
            let bytes = Damage(fault: fault, failure: failure).list(elements, end: end)
            await sendBroken(bytes, answer, fault, for: request, with: writer)
        case .pieces(let pieces):
            let served = fault.breakOff == nil ? answer.served : nil
            await stream(pieces, answer, served, stop: fault.breakOff, for: request, with: writer)
        }
    }

    private func sendWell(_ answer: Answer, for request: ServerRequest, with writer: consuming ResponseWriter) async {
        switch answer.body {
        case .whole(let bytes) where answer.isChunked:
            await stream([bytes], answer, answer.served, stop: nil, for: request, with: writer)
        case .whole(let bytes):
            if let delay = pace.first { await request.loop.sleep(for: delay) }
            if let served = answer.served {
                if request.isDisconnected { ledger.recordUnfinished() } else { ledger.record(served) }
            }
            await writer.send(HTTPResponse(status: answer.status, headers: answer.headers, body: bytes))
        case .events(var events, let end), .list(var events, let end, _):
            if !end.isEmpty { events.append(end) }
            await stream(events, answer, answer.served, stop: nil, for: request, with: writer)
        case .pieces(let pieces):
            await stream(pieces, answer, answer.served, stop: nil, for: request, with: writer)
        }
    }

    private func sendBroken(
        _ events: [[UInt8]], _ answer: Answer, _ fault: Fault, for request: ServerRequest,
        with writer: consuming ResponseWriter
    ) async {
        let isComplete = fault.breakOff == nil && fault.failureAfterEvents == nil
        let served = isComplete ? answer.served : nil
        await stream(events, answer, served, stop: fault.breakOff, for: request, with: writer)
    }

    private func sendBroken(
        _ bytes: [UInt8], _ answer: Answer, _ fault: Fault, for request: ServerRequest,
        with writer: consuming ResponseWriter
    ) async {
        let bytes = Damage(fault: fault, failure: failureEvent).whole(bytes)
        guard let breakOff = fault.breakOff else {
            if answer.isChunked {
                return await stream([bytes], answer, answer.served, stop: nil, for: request, with: writer)
            }
            if let served = answer.served { ledger.record(served) }
            return await writer.send(HTTPResponse(status: answer.status, headers: answer.headers, body: bytes))
        }
        ledger.recordUnfinished()
        let kept: Int
        switch breakOff {
        case .cut(.bytes(let count), _), .stall(.bytes(let count)): kept = count
        // A whole body has no events; it is cut in its middle.
        case .cut(.events, _), .stall(.events): kept = bytes.count / 2
        }
        let body = await writer.startStream(
            status: answer.status, headers: answer.headers, contentLength: answer.isChunked ? nil : bytes.count)
        try? await body.write(Array(bytes.prefix(min(kept, max(0, bytes.count - 1)))))
        if case .cut(_, let reset) = breakOff { return body.abort(reset: reset) }
        await wait(for: request)
        body.abort(reset: false)
    }

    private func stream(
        _ pieces: [[UInt8]], _ answer: Answer, _ served: Served?, stop: Fault.Break?, for request: ServerRequest,
        with writer: consuming ResponseWriter
    ) async {
        let body = await writer.startStream(status: answer.status, headers: answer.headers)
        let start = monotonic()
        var budget = Budget(stop)
        do throws(ClientGone) {
            for (index, piece) in pieces.enumerated() {
                if pace.isSet { await pause(before: index, since: start, on: request.loop) }
                let allowed = budget.take(piece)
                if index == pieces.count - 1, stop == nil, let served { ledger.record(served) }
                do throws(ClientGone) {
                    if !allowed.isEmpty { try await body.write(allowed) }
                } catch {
                    if index == pieces.count - 1, let served { ledger.withdraw(served) }
                    throw error
                }
                if budget.isSpent { break }
            }
        } catch {
            ledger.recordUnfinished()
            return body.abort(reset: true)
        }
        switch stop {
        case .cut(_, let reset):
            ledger.recordUnfinished()
            body.abort(reset: reset)
        case .stall:
            ledger.recordUnfinished()
            await wait(for: request)
            body.abort(reset: false)
        case nil: await body.finish()
        }
    }

    private func pause(before index: Int, since start: UInt64, on loop: EventLoop) async {
        // Events are due at fixed times from the start, so that delays do not add up.
        let due = start &+ pace.due(index)
        let now = monotonic()
        if due > now { await loop.sleep(for: .nanoseconds(Int64(due &- now))) }
    }

    /// Waits until the client closes the connection, for at most ten minutes, so that a forgotten client cannot hold it
    /// for ever.
    private func wait(for request: ServerRequest) async {
        for _ in 0..<30_000 {
            if request.isDisconnected { return }
            await request.loop.sleep(for: .milliseconds(20))
        }
    }
}

/// How many bytes may still be sent before the connection breaks.
private struct Budget {
    private var events = Int.max
    private var bytes = Int.max

    init(_ stop: Fault.Break?) {
        switch stop {
        case .cut(.events(let count), _), .stall(.events(let count)): events = count
        case .cut(.bytes(let count), _), .stall(.bytes(let count)): bytes = count
        case nil: break
        }
    }

    var isSpent: Bool { events <= 0 || bytes <= 0 }

    mutating func take(_ piece: [UInt8]) -> [UInt8] {
        if isSpent { return [] }
        if events != .max { events -= 1 }
        guard bytes != .max else { return piece }
        let part = Array(piece.prefix(bytes))
        bytes -= part.count
        return part
    }
}

/// The pace of a stream.
package struct Pace: Sendable, Equatable {
    /// The nanoseconds from one event to the next.
    package var interval: UInt64 = 0
    /// The wait before the first byte, also of whole answers.
    package var first: Duration?

    package init(interval: UInt64 = 0, first: Duration? = nil) {
        self.interval = interval
        self.first = first
    }

    var isSet: Bool { interval > 0 || first != nil }

    func due(_ index: Int) -> UInt64 {
        let head = first.map { UInt64(max(0, $0 / .nanoseconds(1))) } ?? 0
        return head &+ UInt64(index) &* interval
    }
}

private func monotonic() -> UInt64 {
    var now = timespec()
    clock_gettime(CLOCK_MONOTONIC, &now)
    return UInt64(now.tv_sec) &* 1_000_000_000 &+ UInt64(now.tv_nsec)
}
