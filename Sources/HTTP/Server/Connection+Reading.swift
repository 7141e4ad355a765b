import EventLoop
import Glibc

extension Connection {
    /// How many bytes to read at once while waiting for a head. For a body it is the whole scratch buffer.
    static let headRoom = 16 << 10
    /// After so many reads (a mebibyte of a body) the loop's other connections get their turn.
    private static let readsPerTurn = 16

    /// Reads what the kernel has, and suspends until there is something.
    /// - Returns: the number of bytes, which stay in the loop's scratch buffer until the caller suspends; 0 at the end.
    func receive(atMost room: Int) async -> Int {
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
    func received(_ count: Int) -> UnsafeRawBufferPointer {
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

    /// Closes the sending side, then reads and drops what arrives until the client closes its side or the time is over.
    /// Closing a socket with unread bytes would send RST, and the client might lose the answer.
    func linger() async {
        guard !machine.isGone else { return }
        shutdown(descriptor, Int32(SHUT_WR))
        machine.lingerBegan(at: loop.now)
        input.removeAll()
        while await receive(atMost: acceptor.scratch.count) > 0 {}
    }
}
