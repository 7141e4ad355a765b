import EventLoop
import Glibc

extension Connection {
    /// Bytes that are asked of the kernel while a head is awaited; for a body it is the whole scratch.
    static let headRoom = 16 << 10
    /// Reads after which the loop's other connections have their turn: a mebibyte of body.
    private static let readsPerTurn = 16

    /// Reads what the kernel has; suspends until there is something.
    /// - Returns: the number of bytes, which lie in the loop's scratch until the caller suspends; 0 if no more come.
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
