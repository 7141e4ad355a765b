import TestTraits
import Testing

@testable import HTTP

/// How a connection reads requests, and how it continues after them.
@Suite(.inTurn) struct ConnectionRequestTests {
    struct End: CustomTestStringConvertible {
        let testDescription: String
        var head = Machine.head()
        var reads = false
        var hasInput = false
        var drains = false
        var event: Readiness = []
        let says: Bool
        let next: NextStep
    }

    static let ends = [
        End(testDescription: "no body", says: false, next: .nextRequest),
        End(testDescription: "a pipelined request", hasInput: true, says: false, next: .nextRequest),
        End(
            testDescription: "a body that was read", head: Machine.head(.length(9)), reads: true, says: false,
            next: .nextRequest),
        End(testDescription: "a short body", head: Machine.head(.length(9)), says: false, next: .discard(9)),
        End(
            testDescription: "a body at the limit", head: Machine.head(.length(1 << 20)), says: false,
            next: .discard(1 << 20)),
        End(
            testDescription: "a body above the limit", head: Machine.head(.length(1 << 20 + 1)), says: true,
            next: .linger),
        End(testDescription: "chunks", head: Machine.head(.chunked), says: true, next: .linger),
        End(
            testDescription: "a body that waits for 100 Continue",
            head: Machine.head(.length(9), expectsContinue: true), says: true, next: .linger),
        End(testDescription: "Connection: close", head: Machine.head(keepsAlive: false), says: true, next: .close),
        End(
            testDescription: "Connection: close, and more bytes", head: Machine.head(keepsAlive: false), hasInput: true,
            says: true, next: .linger),
        End(
            testDescription: "Connection: close, and more in the kernel", head: Machine.head(keepsAlive: false),
            event: .readable, says: true, next: .linger),
        End(
            testDescription: "Connection: close, and a body that nobody read",
            head: Machine.head(.length(9), keepsAlive: false), says: true, next: .linger),
        End(testDescription: "a drain", drains: true, says: true, next: .close),
        End(testDescription: "a client that is gone", event: .gone, says: true, next: .close),
        End(testDescription: "a half-closed client", event: .halfClosed, says: false, next: .nextRequest),
    ]

    @Test("announces whether it closes, and continues as the request demands", arguments: ends)
    func end(_ end: End) {
        var machine = Machine.at(.handling, end.head)
        if end.reads {
            try? machine.bodyBegan(at: 0)
            machine.bodyEnded()
        }
        _ = machine.ready(end.event, at: 0)
        if end.drains { #expect(machine.drain() == []) }
        #expect(machine.answerBegan() == end.says)
        #expect(machine.requestEnded(hasInput: end.hasInput) == end.next)
    }

    @Test("a drain that begins after the head of the answer still ends the connection")
    func lateDrain() {
        var machine = Machine.at(.answering)
        _ = machine.drain()
        #expect(machine.requestEnded(hasInput: false) == .close)
    }

    @Test("a head that comes byte by byte does not get more time")
    func trickledHead() {
        var machine = Machine.at(.idle)
        for second in stride(from: 0.0, to: 19, by: 5) {
            machine.didRead(1, isDrained: true, at: Machine.second(second))
            machine.headBegan(at: Machine.second(second))
            #expect(machine.tick(at: Machine.second(second)) == [])
        }
        #expect(machine.tick(at: Machine.second(20)) == .wakeReader)
        #expect(machine.hasTimedOut && machine.readStep == .stop)
    }

    @Test("reads until the socket is drained, and after a FIN to the end, since no further event reports it")
    func reads() {
        var machine = Machine.at(.idle)
        #expect(machine.readStep == .wait)
        _ = machine.ready(.readable, at: 0)
        #expect(machine.readStep == .transfer)
        machine.didRead(10, isDrained: false, at: 0)
        #expect(machine.readStep == .transfer)
        machine.didRead(10, isDrained: true, at: 0)
        #expect(machine.readStep == .wait)
        _ = machine.ready([.readable, .halfClosed], at: 0)
        machine.didRead(10, isDrained: true, at: 0)
        #expect(machine.readStep == .transfer)
        machine.didReachEnd()
        #expect(machine.peer == .halfClosed)
    }

    @Test("a half-closed client is probed while its request runs, but one of HTTP/1.0 only while its answer is sent")
    func probes() {
        var machine = Machine.at(.handling)
        _ = machine.ready(.halfClosed, at: Machine.second(1))
        #expect(!machine.isGone && machine.cancellation == nil)
        #expect(machine.tick(at: Machine.second(1.4)) == [])
        #expect(machine.tick(at: Machine.second(1.5)) == .probe)
        #expect(machine.tick(at: Machine.second(16.4)) == [])
        #expect(machine.tick(at: Machine.second(16.5)) == .probe)
        var old = Machine.at(.handling, Machine.head(isHTTP11: false))
        _ = old.ready(.halfClosed, at: 0)
        #expect(old.tick(at: Machine.second(0.5)) == [.wakeReader, .wakeWriter, .cancelRequest])
        #expect(old.isGone)
        old = Machine.at(.handling, Machine.head(isHTTP11: false))
        _ = old.ready(.halfClosed, at: 0)
        _ = old.answerBegan()
        #expect(old.tick(at: Machine.second(0.5)) == .probe)
    }
}
