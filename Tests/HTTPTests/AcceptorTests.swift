import EventLoop
import Glibc
import Synchronization
import TestKit
import TestTraits
import Testing

@testable import HTTP

@Suite(.inTurn) struct AcceptorTests {
    @Test("rests when no descriptor is left, tries again, and skips clients that gave up")
    func results() {
        var machine = AcceptorStateMachine(limit: 2)
        #expect(machine.mayAccept)
        #expect(machine.accepted(-EAGAIN) == .stop)
        #expect(machine.accepted(-ECONNABORTED) == .again)
        #expect(machine.accepted(-EINTR) == .again)
        #expect(machine.mayAccept)
        for reason in [EMFILE, ENFILE, ENOBUFS, ENOMEM] {
            #expect(machine.accepted(-reason) == .rest)
            #expect(!machine.mayAccept && machine.phase == .resting)
            #expect(machine.resume() == true)
            #expect(machine.mayAccept)
        }
        #expect(machine.resume() == false)
    }

    @Test("rests at its limit until a connection ends, and stays at rest once closed")
    func limit() {
        var machine = AcceptorStateMachine(limit: 2)
        #expect(machine.accepted(7) == .open)
        #expect(machine.becameFull() == false)
        #expect(machine.accepted(8) == .open)
        #expect(!machine.mayAccept)
        #expect(machine.becameFull() == true)
        #expect(machine.becameFull() == false)
        #expect(machine.resume() == false)
        #expect(machine.removed() == true)
        #expect(machine.mayAccept)
        #expect(machine.removed() == false)
        #expect(machine.count == 0)
        _ = machine.accepted(7)
        _ = machine.accepted(-EMFILE)
        machine.close()
        #expect(machine.removed() == false)
        #expect(machine.resume() == false)
        #expect(!machine.mayAccept)
    }

    /// Has no descriptor for a new connection until a test allows it.
    private final class Kernel: Sendable {
        let tries = Mutex(0)
        let hasRoom = Mutex(false)

        func accept(_ socket: Int32, _ peer: UnsafeMutablePointer<CChar>, _ port: UnsafeMutablePointer<UInt16>) -> Int32
        {
            tries.withLock { $0 += 1 }
            guard hasRoom.withLock({ $0 }) else { return -EMFILE }
            let client = Glibc.accept(socket, nil, nil)
            if client >= 0 { _ = fcntl(client, F_SETFL, O_NONBLOCK) }
            return client < 0 ? -errno : client
        }
    }

    /// Processor time of the calling thread.
    private static func processorTime() -> Duration {
        var time = timespec()
        clock_gettime(CLOCK_THREAD_CPUTIME_ID, &time)
        return .seconds(time.tv_sec) + .nanoseconds(time.tv_nsec)
    }

    @Test("lets clients beyond the limit wait without spinning, and serves them when others end")
    func waitsAtLimit() async throws {
        let fixture = try ServerFixture(configure: { $0.maxConnections = 2 }, handler: EchoHandler())
        let first = try RawClient(port: fixture.port)
        let second = try RawClient(port: fixture.port)
        for client in [first, second] {
            client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
            #expect(client.receiveAnswer().status == 200)
        }
        let third = try RawClient(port: fixture.port)
        third.send("GET /third HTTP/1.1\r\nHost: a\r\n\r\n")
        let used = try await fixture.onLoop {
            let start = Self.processorTime()
            await EventLoop.current?.sleep(for: .milliseconds(400))
            return Self.processorTime() - start
        }
        #expect(used < .milliseconds(100), "the loop spun for \(used)")
        #expect(third.isSilent(milliseconds: 1))
        first.hangUp()
        #expect(third.receiveAnswer().body == "GET /third? ")
    }

    @Test("without free descriptors it tries a few times a second, and serves as soon as there is one")
    func waitsForDescriptors() async throws {
        let loops = EventLoopGroup(count: 1)
        try loops.start()
        defer { loops.stop() }
        let configuration = ServerConfiguration(host: "127.0.0.1")
        var port: UInt16 = 0
        let descriptor = try HTTPServer(configuration: configuration, loops: loops, handler: EchoHandler())
            .listen(&port, reusePort: false)
        let loop = loops.loops[0]
        let kernel = Kernel()
        loop.submit {
            Acceptor(
                descriptor: descriptor, loop: loop, configuration: configuration, handler: EchoHandler(),
                accept: { kernel.accept($0, $1, $2) }
            ).start()
        }
        let client = try RawClient(port: Int(port))
        client.send("GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        let clock = ContinuousClock()
        let start = clock.now
        #expect(await eventually { kernel.tries.withLock { $0 } >= 3 })
        let tries = kernel.tries.withLock { $0 }
        #expect(tries < 5 + Int((clock.now - start) / .milliseconds(200)), "\(tries) tries")
        kernel.hasRoom.withLock { $0 = true }
        #expect(client.receiveAnswer().status == 200)
    }
}
