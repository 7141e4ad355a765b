import Arithmetic
import EventLoop

extension Connection {
    func readBody(limit: Int) async throws(BodyError) -> [UInt8] {
        guard let head, !machine.isBodyRead else { return [] }
        if case .length(let length) = head.framing {
            if length > limit { throw .tooLarge }
            if input.count < length { try lease?.expect(length) }
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
            switch error {
            case .tooLarge, .overBudget: machine.bodyRefused()
            case .badEncoding, .malformed, .timedOut, .disconnected, .shuttingDown: machine.bodyBroken()
            }
            throw error
        }
    }

    private func readPlain(_ length: Int) async throws(BodyError) -> [UInt8] {
        try lease?.arrived(min(input.count, length), of: length)
        if input.count >= length { return input.take(length) }
        var body: [UInt8] = []
        bodyTaken = input.count
        input.moveAll(to: &body)
        while body.count < length {
            let count = await receive(atMost: acceptor.scratch.count)
            if count == 0 { throw machine.bodyFailure }
            let own = min(count, length - body.count)
            bodyTaken = bodyTaken.plus(own)
            // The beginning of a pipelined request.
            if own < count { input.append(UnsafeRawBufferPointer(rebasing: acceptor.scratch[own..<count])) }
            try lease?.arrived(body.count.plus(own), of: length)
            Self.makeRoom(for: own, of: length, in: &body)
            body.append(contentsOf: received(own))
        }
        return body
    }

    /// Memory grows with the bytes that have arrived, never with the announced length. It grows in few steps, each at
    /// most four times the present size. Pages that nothing was written to take no physical memory.
    private static func makeRoom(for count: Int, of length: Int, in body: inout [UInt8]) {
        let needed = body.count.plus(count)
        if body.capacity < needed { body.reserveCapacity(min(length, needed.times(4))) }
    }

    private func readChunks(limit: Int) async throws(BodyError) -> [UInt8] {
        var body: [UInt8] = []
        while true {
            try input.decode(&chunks, into: &body)
            try lease?.arrived(body.count, of: .max)
            if chunks.isDone { break }
            if body.count > limit { throw .tooLarge }
            let count = await receive(atMost: Self.headRoom)
            if count == 0 { throw machine.bodyFailure }
            input.append(received(count))
        }
        if body.count > limit { throw .tooLarge }
        machine.bodyEnded()
        lease?.ended(body.count)
        return body
    }

    /// Skips the rest of a body that the handler did not read. Returns false if the client does not send all of it.
    func discard(_ length: Int) async -> Bool {
        machine.discardBegan(at: loop.now)
        guard await skip(length) else { return false }
        machine.bodyEnded()
        return true
    }

    /// Reads and drops a body that the handler does not want, before the answer is sent. A client or a proxy that is
    /// still sending may take an early answer for a broken connection and try again. The bytes and the time are
    /// limited.
    func readAway() async {
        guard machine.unwantedBodyBegan(at: loop.now) else { return }
        // The bytes that were already read are not kept, so they need no budget.
        lease?.release()
        machine.unwantedBodyEnded(isWhole: await skipBody(limit: acceptor.configuration.unwantedBodyLimit))
    }

    private func skipBody(limit: Int) async -> Bool {
        switch head?.framing {
        case .none?, nil: return true
        case .length(let length): return left(of: length) <= limit ? await skip(left(of: length)) : false
        case .chunked: return await skipChunks(limit: limit)
        }
    }

    /// The number of unread bytes of a body with a known length.
    func left(of length: Int) -> Int { length.minus(bodyTaken) }

    private func skip(_ length: Int) async -> Bool {
        let had = input.skip(length)
        bodyTaken = bodyTaken.plus(had)
        var left = length.minus(had)
        while left > 0 {
            let count = await receive(atMost: acceptor.scratch.count)
            if count == 0 { return false }
            if count > left { input.append(UnsafeRawBufferPointer(rebasing: acceptor.scratch[left..<count])) }
            bodyTaken = bodyTaken.plus(min(left, count))
            left -= min(left, count)
        }
        return true
    }

    private func skipChunks(limit: Int) async -> Bool {
        var skipped: [UInt8] = []
        var left = limit
        while true {
            skipped.removeAll(keepingCapacity: true)
            guard (try? input.decode(&chunks, into: &skipped)) != nil else { return false }
            if chunks.isDone { return true }
            left = left.minus(skipped.count)
            guard left > 0, case let count = await receive(atMost: Self.headRoom), count > 0 else { return false }
            input.append(received(count))
        }
    }
}
