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
            machine.bodyBroken()
            throw error
        }
    }

    private func readPlain(_ length: Int) async throws(BodyError) -> [UInt8] {
        try lease?.arrived(min(input.count, length), of: length)
        if input.count >= length { return input.take(length) }
        var body: [UInt8] = []
        input.moveAll(to: &body)
        while body.count < length {
            let count = await receive(atMost: acceptor.scratch.count)
            if count == 0 { throw machine.bodyFailure }
            let own = min(count, length - body.count)
            try lease?.arrived(body.count.plus(own), of: length)
            Self.makeRoom(for: own, of: length, in: &body)
            body.append(contentsOf: received(own))
            // This is the beginning of a pipelined request.
            if own < count { input.append(UnsafeRawBufferPointer(rebasing: acceptor.scratch[own..<count])) }
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
        var decoder = ChunkedDecoder()
        var body: [UInt8] = []
        while true {
            try input.decode(&decoder, into: &body)
            try lease?.arrived(body.count, of: .max)
            if decoder.isDone { break }
            if body.count > limit { throw .tooLarge }
            let count = await receive(atMost: Self.headRoom)
            if count == 0 { throw machine.bodyFailure }
            input.append(received(count))
        }
        machine.bodyEnded()
        if body.count > limit { throw .tooLarge }
        lease?.ended(body.count)
        return body
    }

    /// Skips a body that the handler did not read. Returns false if the client does not send all of it.
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
}
