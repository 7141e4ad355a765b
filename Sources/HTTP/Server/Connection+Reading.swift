import EventLoop
import Glibc

extension Connection {
    /// Bytes that are asked of the kernel while a head is awaited; for a body it is the whole scratch.
    private static let headRoom = 16 << 10
    /// Reads after which the loop's other connections have their turn: a mebibyte of body.
    private static let readsPerTurn = 16

    /// Reads what the kernel has; suspends until there is something.
    /// - Returns: the number of bytes, which lie in the loop's scratch until the caller suspends; 0 if no more come.
    private func receive(atMost room: Int) async -> Int {
        while true {
            switch machine.readStep {
            case .stop: return 0
            case .wait:
                readsInTurn = 0
                await withUnsafeContinuation { reader = $0 }
            case .transfer where readsInTurn >= Self.readsPerTurn:
                readsInTurn = 0
                await loop.sleep(for: .zero)
            case .transfer:
                readsInTurn += 1
                let count = read(descriptor, acceptor.scratch.baseAddress, room)
                if count > 0 {
                    machine.didRead(count, isDrained: count < room, at: loop.now)
                    return count
                }
                if count == 0 {
                    machine.didReachEnd()
                    return 0
                }
                switch errno {
                case EAGAIN: machine.didFindNothing()
                case EINTR: continue
                default:
                    perform(machine.didFail())
                    return 0
                }
            }
        }
    }

    /// The first bytes of what was received.
    private func received(_ count: Int) -> UnsafeRawBufferPointer {
        UnsafeRawBufferPointer(rebasing: acceptor.scratch[..<count])
    }

    // MARK: Heads

    func nextHead() async -> RequestHead? {
        head = nil
        machine.awaitHead(hasInput: !input.isEmpty, at: loop.now)
        var scanned = 0
        do throws(HeadError) {
            while true {
                input.dropLeadingBlankLines()
                if !input.isEmpty {
                    machine.headBegan(at: loop.now)
                    if let head = try input.takeHead(acceptor.parser, scanned: &scanned) { return head }
                }
                let count = await receive(atMost: Self.headRoom)
                if count == 0 { break }
                input.append(received(count))
            }
        } catch {
            await refuse(error.status, error.reason)
            return nil
        }
        if machine.hasTimedOut { await refuse(408, "The request's header did not arrive in time.") }
        return nil
    }

    private func refuse(_ status: Int, _ reason: String) async {
        machine.headRefused()
        let (type, bytes) = acceptor.configuration.errorBody(status, reason)
        await sendWhole(HTTPResponse(status: status, headers: ["Content-Type": type], body: bytes))
        await linger()
    }

    // MARK: Bodies

    func readBody(limit: Int) async throws(BodyError) -> [UInt8] {
        guard let head, !machine.isBodyRead else { return [] }
        if case .length(let length) = head.framing {
            if length > limit { throw .tooLarge }
            try lease?.grow(to: length)
        }
        try machine.bodyBegan(at: loop.now)
        do throws(BodyError) {
            if head.expectsContinue, input.isEmpty {
                output.append(contentsOf: "HTTP/1.1 100 Continue\r\n\r\n")
                guard await flush() else { throw .disconnected }
            }
            if case .length(let length) = head.framing {
                let body = try await readPlain(length)
                machine.bodyEnded()
                return body
            }
            return try await readChunks(limit: limit)
        } catch {
            machine.bodyBroken()
            throw error
        }
    }

    private func readPlain(_ length: Int) async throws(BodyError) -> [UInt8] {
        if input.count >= length { return input.take(length) }
        var body: [UInt8] = []
        body.reserveCapacity(length)
        input.moveAll(to: &body)
        while body.count < length {
            let count = await receive(atMost: acceptor.scratch.count)
            if count == 0 { throw machine.bodyFailure }
            let own = min(count, length - body.count)
            body.append(contentsOf: received(own))
            // The beginning of a pipelined request.
            if own < count { input.append(UnsafeRawBufferPointer(rebasing: acceptor.scratch[own..<count])) }
        }
        return body
    }

    private func readChunks(limit: Int) async throws(BodyError) -> [UInt8] {
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        while true {
            try input.decode(&decoder, into: &body)
            try lease?.grow(to: body.capacity)
            if decoder.isDone { break }
            if body.count > limit { throw .tooLarge }
            let count = await receive(atMost: Self.headRoom)
            if count == 0 { throw machine.bodyFailure }
            input.append(received(count))
        }
        machine.bodyEnded()
        if body.count > limit { throw .tooLarge }
        return body
    }

    /// Skips a body that the handler did not read; false where the client does not send it all.
    func discard(_ length: Int) async -> Bool {
        machine.discardBegan(at: loop.now)
        var left = length - input.skip(length)
        while left > 0 {
            let count = await receive(atMost: acceptor.scratch.count)
            if count == 0 { return false }
            if count > left { input.append(UnsafeRawBufferPointer(rebasing: acceptor.scratch[left..<count])) }
            left -= min(left, count)
        }
        machine.bodyEnded()
        return true
    }

    /// Ends the sending side and reads away what still comes until the client ends its own or the time is over, since
    /// closing on unread bytes sends RST, which may eat the answer.
    func linger() async {
        guard !machine.isGone else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        machine.lingerBegan(at: loop.now)
        input.removeAll()
        while await receive(atMost: acceptor.scratch.count) > 0 {}
    }
}
